"""Jobs for a warm pool with one process per core."""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from runner.models import START_METHOD
from runner.work import Params, Probe

processes = get_context(START_METHOD)


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[ProcessPoolExecutor]:
    """Start every worker and let it do its first jobs, because a pool starts workers on demand."""
    workers = os.cpu_count() or 1
    with ProcessPoolExecutor(workers, processes) as pool:
        for job in [pool.submit(os.getpid) for _ in range(4 * workers)]:
            job.result()
        yield pool


def run(params: Params, probe: Probe, pool: ProcessPoolExecutor) -> int:
    parent = os.getpid()
    jobs = [pool.submit(os.getpid) for _ in range(params.tasks)]
    return sum(job.result() != parent for job in jobs)
