"""Processes that wait for one condition."""

from multiprocessing import get_context
from multiprocessing.synchronize import Condition, Semaphore

from runner.models import START_METHOD
from runner.work import Params, Probe

STEPS = 4

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


def wait(told: Condition, arrived: Semaphore) -> None:
    with told:
        arrived.release()
        told.wait()


def run(params: Params, probe: Probe) -> int:
    children = []
    told, arrived = processes.Condition(), processes.Semaphore(0)
    for step in range(1, STEPS + 1):
        while len(children) < step * params.tasks // STEPS:
            children.append(processes.Process(target=wait, args=(told, arrived)))
            children[-1].start()
            arrived.acquire()
        with told:  # who has arrived gives this up by waiting only, so now all wait
            probe.parked(len(children))
    with told:
        told.notify_all()
    for child in children:
        child.join()
    return sum(child.exitcode == 0 for child in children)
