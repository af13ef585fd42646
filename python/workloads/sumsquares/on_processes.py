"""One job per chunk for a warm pool with one process per core."""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from runner.models import START_METHOD
from runner.work import Params, Probe

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


def sum_squares(low: int, high: int) -> int:
    return sum(i * i for i in range(low, high))


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[ProcessPoolExecutor]:
    workers = os.cpu_count() or 1
    with ProcessPoolExecutor(workers, processes) as pool:
        warm(pool, workers)
        yield pool


def warm(pool: ProcessPoolExecutor, workers: int) -> None:
    """Start every worker and let it do its first job, because a pool starts workers on demand."""
    for job in [pool.submit(sum_squares, 0, 10_000) for _ in range(4 * workers)]:
        job.result()


def run(params: Params, probe: Probe, pool: ProcessPoolExecutor) -> int:
    n, chunks = params.n, params.chunks
    bounds = [c * n // chunks for c in range(chunks + 1)]
    return sum(pool.map(sum_squares, bounds, bounds[1:]))
