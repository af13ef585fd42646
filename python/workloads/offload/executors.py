"""What threads, processes and interpreters share: each task waits for an executor, in a thread."""

from concurrent.futures import Executor, ThreadPoolExecutor

from runner.work import Params, Probe
from workloads.offload.steps import Journey, add_up, step

Prepared = tuple[Executor, list[ThreadPoolExecutor]]


def travel(hops: int, pool: Executor) -> Journey:
    journey = Journey()
    for _ in range(hops):
        journey.take(pool.submit(step, journey.value).result())
    return journey


def travel_at_once(params: Params, probe: Probe, prepared: Prepared) -> int:
    """Make the first journey in this thread, and each of the others in a thread of its own."""
    pool, others = prepared
    jobs = [other.submit(travel, params.hops, pool) for other in others[: params.tasks - 1]]
    first = travel(params.hops, pool)
    return add_up([first, *(job.result() for job in jobs)], probe)
