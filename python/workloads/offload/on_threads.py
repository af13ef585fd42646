"""submit to a ThreadPoolExecutor, and result of what it returns."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from runner.work import Params, Probe
from workloads.offload.steps import Journey, add_up, step


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as pool:  # its threads are warm from the warm-up samples
        yield pool


def run(params: Params, probe: Probe, pool: ThreadPoolExecutor) -> int:
    journeys = [Journey() for _ in range(params.tasks)]
    for _ in range(params.hops):
        jobs = [pool.submit(step, journey.value) for journey in journeys]
        for journey, job in zip(journeys, jobs, strict=True):
            journey.take(job.result())
    return add_up(journeys, probe)
