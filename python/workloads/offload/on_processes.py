"""submit to a ProcessPoolExecutor, and result of what it returns."""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from runner.crew import waiting_threads
from runner.models import START_METHOD
from runner.work import Params, Probe
from workloads.offload import steps
from workloads.offload.executors import Prepared, travel_at_once
from workloads.offload.steps import step

processes = get_context(START_METHOD)
processes.set_forkserver_preload([steps.__name__])


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Prepared]:
    """Start the workers that the case needs, because a pool starts workers on demand.

    Start also a thread for each further task.
    """
    workers = min(params.tasks, os.cpu_count() or 1)
    with ProcessPoolExecutor(workers, processes) as pool:
        for job in [pool.submit(step, 0) for _ in range(4 * workers)]:
            job.result()
        with waiting_threads(params.tasks - 1) as others:
            yield pool, others


def run(params: Params, probe: Probe, prepared: Prepared) -> int:
    return travel_at_once(params, probe, prepared)
