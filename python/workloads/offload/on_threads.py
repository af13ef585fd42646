"""submit to a ThreadPoolExecutor, and result of what it returns."""

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager

from runner.crew import waiting_threads
from runner.work import Params, Probe
from workloads.offload.steps import Journey, add_up, step

Prepared = tuple[Executor, list[ThreadPoolExecutor]]


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Prepared]:
    """Start a thread for each further task; those of the pool are warm from the warm-up samples."""
    with ThreadPoolExecutor() as pool, waiting_threads(params.tasks - 1) as others:
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
