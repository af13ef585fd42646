"""One job per chunk for a warm ThreadPoolExecutor with one thread per core."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier

from runner.work import Params, Probe


def sum_squares(low: int, high: int) -> int:
    return sum(i * i for i in range(low, high))


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[ThreadPoolExecutor]:
    """Start every thread: a pool starts another one only if none is idle."""
    workers = os.cpu_count() or 1
    with ThreadPoolExecutor(workers) as pool:
        all_started = Barrier(workers)
        for job in [pool.submit(all_started.wait) for _ in range(workers)]:
            job.result()
        yield pool


def run(params: Params, probe: Probe, pool: ThreadPoolExecutor) -> int:
    n, chunks = params.n, params.chunks
    bounds = [c * n // chunks for c in range(chunks + 1)]
    return sum(pool.map(sum_squares, bounds, bounds[1:]))
