"""Processes that get SIGTERM, whose handler raises SystemExit where they wait."""

import sys
import time
from multiprocessing import get_context
from multiprocessing.synchronize import Semaphore
from signal import SIGTERM, signal
from typing import NoReturn

from runner.models import START_METHOD
from runner.work import Params, Probe
from workloads.cancel.moment import HOUR_S, seconds_before, spin_until

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


def stop(_signal: int, _frame: object) -> NoReturn:
    sys.exit()


def wait(waiting: Semaphore, cleaned: Semaphore) -> None:
    signal(SIGTERM, stop)  # without a handler, SIGTERM ends a process without any cleanup
    try:
        waiting.release()  # inside, because the signal may come before the sleep
        time.sleep(HOUR_S)
    finally:
        cleaned.release()


def run(params: Params, probe: Probe) -> int:
    waiting, cleaned = processes.Semaphore(0), processes.Semaphore(0)
    moment_ns = time.perf_counter_ns() + params.lead_ns
    children = [
        processes.Process(target=wait, args=(waiting, cleaned)) for _ in range(params.tasks)
    ]
    for child in children:
        child.start()
    time.sleep(seconds_before(moment_ns))
    ready = sum(waiting.acquire(block=False) for _ in children)
    probe.observe_least("waiting", min(ready, sum(child.is_alive() for child in children)))
    for _ in children[ready:]:  # only if they start too late to count
        waiting.acquire()
    spin_until(moment_ns)
    for child in children:
        child.terminate()
    for child in children:
        child.join()
    cleanups = sum(cleaned.acquire(block=False) for _ in children)
    probe.observe_least("cleaned", cleanups)
    return cleanups
