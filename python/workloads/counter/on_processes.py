"""Processes and one multiprocessing.Lock around a counter in shared memory."""

import os
import time
from contextlib import AbstractContextManager
from ctypes import c_longlong
from multiprocessing.synchronize import Lock

from runner.work import Params, Probe, most_at_once
from workloads.counter import workers


def count(
    counter: c_longlong, lock: Lock, increments: int, suspensions: int
) -> tuple[int, int, int]:
    # The monotonic clock is the same in every process, so the spans can be compared.
    start, mine = time.monotonic_ns(), 0
    for _ in range(increments):
        with lock:
            seen = counter.value
            if suspensions:
                os.sched_yield()
            counter.value = seen + 1
            mine += 1
    return start, time.monotonic_ns(), mine


def prepare(params: Params, probe: Probe) -> AbstractContextManager[workers.Workers]:
    return workers.started(count, params.tasks)


def run(params: Params, probe: Probe, crew: workers.Workers) -> int:
    results = crew.count(params.increments, params.suspensions)
    counter = crew.counter.value
    probe.observe_least("in_flight", most_at_once((start, end) for start, end, _ in results))
    probe.observe("lost_updates", params.tasks * params.increments - counter)
    return counter
