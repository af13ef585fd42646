"""Processes that are joined; a pipe carries back which process each was."""

import os
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue

from runner.models import START_METHOD
from runner.work import Params, Probe

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


def task(ran: SimpleQueue[int]) -> None:
    ran.put(os.getpid())


def run(params: Params, probe: Probe) -> int:
    ran = processes.SimpleQueue()
    children = [processes.Process(target=task, args=(ran,)) for _ in range(params.tasks)]
    for child in children:
        child.start()
    pids = {ran.get() for _ in children}
    for child in children:
        child.join()
    ran.close()
    return len(pids - {os.getpid()})
