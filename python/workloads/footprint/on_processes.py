"""Processes that wait for a condition."""

from multiprocessing import get_context
from multiprocessing.synchronize import Condition, Semaphore

from runner.models import START_METHOD
from runner.work import Params, Probe

STEPS = 4

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


def wait(condition: Condition, arrived: Semaphore) -> None:
    with condition:
        arrived.release()
        condition.wait()


def run(params: Params, probe: Probe) -> int:
    children = []
    condition, arrived = processes.Condition(), processes.Semaphore(0)
    try:
        for step in range(1, STEPS + 1):
            while len(children) < step * params.tasks // STEPS:
                children.append(processes.Process(target=wait, args=(condition, arrived)))
                children[-1].start()
                arrived.acquire()
            # A process that has arrived holds the lock until it waits, so all of them wait now.
            with condition:
                probe.parked(len(children))
    finally:
        with condition:
            condition.notify_all()
    for child in children:
        child.join()
    return sum(child.exitcode == 0 for child in children)
