"""submit to a ProcessPoolExecutor, and result of what it returns."""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from runner.models import START_METHOD
from runner.work import Params, Probe
from workloads.offload import steps
from workloads.offload.steps import Journey, add_up, step

processes = get_context(START_METHOD)
processes.set_forkserver_preload([steps.__name__])


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[ProcessPoolExecutor]:
    """Start the workers that the case needs, because a pool starts workers on demand."""
    workers = min(params.tasks, os.cpu_count() or 1)
    with ProcessPoolExecutor(workers, processes) as pool:
        for job in [pool.submit(steps.here) for _ in range(4 * workers)]:
            job.result()
        yield pool


def run(params: Params, probe: Probe, pool: ProcessPoolExecutor) -> int:
    journeys = [Journey() for _ in range(params.tasks)]
    for _ in range(params.hops):
        jobs = [pool.submit(step, journey.value) for journey in journeys]
        for journey, job in zip(journeys, jobs, strict=True):
            journey.take(job.result())
    return add_up(journeys, probe)
