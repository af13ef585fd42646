"""One job per chunk for a warm pool with one process per core.

gevent has no process pool, so it uses the one of the standard library: a thread of the hub's pool
waits for each job and does nothing else.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

import gevent
from gevent.event import AsyncResult

from runner.models import START_METHOD
from runner.work import Params, Probe

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


def sum_squares(low: int, high: int) -> int:
    return sum(i * i for i in range(low, high))


def offload(pool: ProcessPoolExecutor, low: int, high: int) -> AsyncResult:
    job = pool.submit(sum_squares, low, high)
    return gevent.get_hub().threadpool.spawn(job.result)


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[ProcessPoolExecutor]:
    """Start every worker and let it do its first jobs, because a pool starts workers on demand."""
    workers = os.cpu_count() or 1
    with ProcessPoolExecutor(workers, processes) as pool:
        for job in [offload(pool, 0, 10_000) for _ in range(4 * workers)]:
            job.get()
        yield pool


def run(params: Params, probe: Probe, pool: ProcessPoolExecutor) -> int:
    n, chunks = params.n, params.chunks
    jobs = [offload(pool, c * n // chunks, (c + 1) * n // chunks) for c in range(chunks)]
    return sum(job.get() for job in jobs)
