"""A warm ProcessPoolExecutor with a few processes."""

import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from runner.models import START_METHOD
from runner.work import Params, Probe, most_at_once
from workloads.bounded.jobs import observe, units_of

EARLY_NS = 1_000_000  # timers of some event loops count whole milliseconds

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


def work(units: int, unit_ns: int) -> tuple[int, int, int]:
    # The monotonic clock is the same in every process, so the spans can be compared.
    start = time.monotonic_ns()
    time.sleep(units * unit_ns / 1e9)
    return units, start, time.monotonic_ns()


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[ProcessPoolExecutor]:
    """Start every process: a pool starts another one only if none is idle."""
    all_started = processes.Barrier(params.limit)
    with ProcessPoolExecutor(params.limit, processes, all_started.wait) as pool:
        for job in [pool.submit(int) for _ in range(params.limit)]:
            job.result()
        yield pool


def run(params: Params, probe: Probe, pool: ProcessPoolExecutor) -> int:
    units = map(units_of, range(params.jobs))
    done = list(pool.map(work, units, [params.unit_ns] * params.jobs))
    observe(probe, most_at_once((start, end) for _, start, end in done), params.limit)
    return sum(
        units for units, start, end in done if end - start >= units * params.unit_ns - EARLY_NS
    )
