"""submit to a ProcessPoolExecutor, and result of what it returns."""

import os
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from runner.crew import waiting_threads
from runner.models import START_METHOD
from runner.work import Params, Probe
from workloads.offload import steps
from workloads.offload.steps import Journey, add_up, step

processes = get_context(START_METHOD)
processes.set_forkserver_preload([steps.__name__])

Prepared = tuple[Executor, list[ThreadPoolExecutor]]


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


def travel(hops: int, pool: Executor) -> Journey:
    journey = Journey()
    for _ in range(hops):
        journey.take(pool.submit(step, journey.value).result())
    return journey


def run(params: Params, probe: Probe, prepared: Prepared) -> int:
    pool, others = prepared
    jobs = [other.submit(travel, params.hops, pool) for other in others[: params.tasks - 1]]
    first = travel(params.hops, pool)
    return add_up([first, *(job.result() for job in jobs)], probe)
