"""Interpreters that are closed, each with a thread; a queue carries back which each was."""

from concurrent import interpreters

from runner.interpreter_pool import current_interpreter
from runner.work import Params, Probe


def task(ran: interpreters.Queue) -> None:
    ran.put(current_interpreter())


def run(params: Params, probe: Probe) -> int:
    ran = interpreters.create_queue()
    children = [interpreters.create() for _ in range(params.tasks)]
    threads = [child.call_in_thread(task, ran) for child in children]
    for thread in threads:
        thread.join()
    ids = {ran.get_nowait() for _ in children}  # what a closed interpreter has put is lost
    for child in children:
        child.close()
    return len(ids - {current_interpreter()})
