"""A pool with one process per core, all of which have done jobs."""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from runner.models import START_METHOD
from runner.proof import current_place
from workloads.linecount import text_files

processes = get_context(START_METHOD)
processes.set_forkserver_preload([text_files.__name__])


@contextmanager
def warm_process_pool() -> Iterator[ProcessPoolExecutor]:
    """Start every worker, because a pool starts workers on demand."""
    workers = os.cpu_count() or 1
    with ProcessPoolExecutor(workers, processes) as pool:
        for job in [pool.submit(current_place) for _ in range(4 * workers)]:
            job.result()
        yield pool
