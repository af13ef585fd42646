"""Processes that wait for one event, and end when it is set."""

import time
from multiprocessing import get_context
from multiprocessing.synchronize import Event, Semaphore

from runner.models import START_METHOD
from runner.work import Params, Probe
from workloads.cancel.moment import HOUR_S, seconds_before, spin_until

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


def wait(stop: Event, waiting: Semaphore, cleaned: Semaphore) -> None:
    waiting.release()
    try:
        stop.wait(HOUR_S)
    finally:
        cleaned.release()


def run(params: Params, probe: Probe) -> int:
    stop, waiting, cleaned = processes.Event(), processes.Semaphore(0), processes.Semaphore(0)
    moment_ns = time.perf_counter_ns() + params.lead_ns
    children = [
        processes.Process(target=wait, args=(stop, waiting, cleaned)) for _ in range(params.tasks)
    ]
    for child in children:
        child.start()
    time.sleep(seconds_before(moment_ns))
    ready = sum(waiting.acquire(block=False) for _ in children)
    probe.observe_least("waiting", min(ready, sum(child.is_alive() for child in children)))
    spin_until(moment_ns)
    stop.set()
    for child in children:
        child.join()
    cleanups = sum(cleaned.acquire(block=False) for _ in children)
    probe.observe_least("cleaned", cleanups)
    return cleanups
