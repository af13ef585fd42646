"""Jobs for a warm ThreadPoolExecutor with one thread per core."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, get_ident

from runner.work import Params, Probe


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
    parent = get_ident()
    jobs = [pool.submit(get_ident) for _ in range(params.tasks)]
    return sum(job.result() != parent for job in jobs)
