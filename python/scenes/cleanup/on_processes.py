"""Processes A, B and C wait for one event, and end when it is set."""

import time
from multiprocessing import get_context
from multiprocessing.synchronize import Event, Semaphore

from runner.models import START_METHOD
from runner.work import Params, Probe
from scenes.cleanup.work import HOUR_S
from scenes.threetasks.work import compute

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


def wait(loops: int, stop: Event, waiting: Semaphore, cleaned: Semaphore) -> None:
    waiting.release()
    try:
        stop.wait(HOUR_S)
    finally:
        compute(loops)
        cleaned.release()


def run(params: Params, probe: Probe) -> int:
    stop, waiting, cleaned = processes.Event(), processes.Semaphore(0), processes.Semaphore(0)
    arguments = (params.loops, stop, waiting, cleaned)
    children = [
        processes.Process(target=wait, args=arguments, name=name) for name in ("A", "B", "C")
    ]
    for child in children:
        child.start()
    for _ in children:
        waiting.acquire()
    time.sleep(params.wait_ns / 1e9)
    stop.set()
    for child in children:
        child.join()
    return sum(cleaned.acquire(block=False) for _ in children)
