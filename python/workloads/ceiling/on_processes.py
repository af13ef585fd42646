"""Processes that wait for an event."""

from multiprocessing import get_context
from multiprocessing.synchronize import Event, Semaphore

from runner.models import START_METHOD
from runner.work import Params, Probe
from workloads.ceiling.budget import Budget
from workloads.ceiling.system_limits import allowed_processes

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


def wait(event: Event, arrived: Semaphore) -> None:
    arrived.release()
    event.wait()


def run(params: Params, probe: Probe) -> int:
    event, arrived = processes.Event(), processes.Semaphore(0)
    children = []
    waiting = 0
    budget = Budget(params, probe, allowed_processes())
    try:
        while (target := budget.grow(waiting)) > len(children):
            before = len(children)
            while len(children) < target and not budget.is_over():
                child = processes.Process(target=wait, args=(event, arrived))
                try:
                    child.start()
                except OSError:  # the system allows no more
                    budget.refuse(len(children))
                    break
                children.append(child)
            for _ in children[before:]:
                arrived.acquire()
            waiting = sum(child.is_alive() for child in children)  # one that waits does not end
    finally:
        event.set()
    for child in children:
        child.join()
    return sum(child.exitcode != 0 for child in children)
