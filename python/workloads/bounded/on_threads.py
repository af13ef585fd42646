"""A warm ThreadPoolExecutor with a few threads."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier

from runner.work import Params, Probe, most_at_once
from workloads.bounded.jobs import observe, units_of

EARLY_NS = 1_000_000  # timers of some event loops count whole milliseconds


def work(units: int, unit_ns: int) -> tuple[int, int, int]:
    start = time.perf_counter_ns()
    time.sleep(units * unit_ns / 1e9)
    return units, start, time.perf_counter_ns()


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[ThreadPoolExecutor]:
    """Start every thread: a pool starts another one only if none is idle."""
    with ThreadPoolExecutor(params.limit) as pool:
        all_started = Barrier(params.limit)
        for job in [pool.submit(all_started.wait) for _ in range(params.limit)]:
            job.result()
        yield pool


def run(params: Params, probe: Probe, pool: ThreadPoolExecutor) -> int:
    units = map(units_of, range(params.jobs))
    done = list(pool.map(work, units, [params.unit_ns] * params.jobs))
    observe(probe, most_at_once((start, end) for _, start, end in done), params.limit)
    return sum(
        units for units, start, end in done if end - start >= units * params.unit_ns - EARLY_NS
    )
