"""One job per dish for a warm ThreadPoolExecutor with a thread for each."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier

from runner.work import Params, Probe, most_at_once

DISHES = (10, 3, 7)  # how many units of time each takes
EARLY_NS = 1_000_000  # timers of some event loops count whole milliseconds


def cook(units: int, unit_ns: int) -> tuple[int, int, int]:
    start = time.perf_counter_ns()
    time.sleep(units * unit_ns / 1e9)
    return units, start, time.perf_counter_ns()


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[ThreadPoolExecutor]:
    """Start every thread: a pool starts another one only if none is idle."""
    with ThreadPoolExecutor(len(DISHES)) as pool:
        all_started = Barrier(len(DISHES))
        for job in [pool.submit(all_started.wait) for _ in DISHES]:
            job.result()
        yield pool


def run(params: Params, probe: Probe, pool: ThreadPoolExecutor) -> int:
    cooked = list(pool.map(cook, DISHES, [params.unit_ns] * len(DISHES)))
    probe.observe_least("in_flight", most_at_once((start, end) for _, start, end in cooked))
    return sum(
        units for units, start, end in cooked if end - start >= units * params.unit_ns - EARLY_NS
    )
