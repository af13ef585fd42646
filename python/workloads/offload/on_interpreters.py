"""submit to an InterpreterPoolExecutor, and result of what it returns."""

import os
from concurrent.futures import Executor
from contextlib import AbstractContextManager

from runner.interpreter_pool import warm_pool
from runner.work import Params, Probe
from workloads.offload import steps
from workloads.offload.steps import Journey, add_up, step


def prepare(params: Params, probe: Probe) -> AbstractContextManager[Executor]:
    return warm_pool(steps.__name__, min(params.tasks, os.cpu_count() or 1))


def run(params: Params, probe: Probe, pool: Executor) -> int:
    journeys = [Journey() for _ in range(params.tasks)]
    for _ in range(params.hops):
        jobs = [pool.submit(step, journey.value) for journey in journeys]
        for journey, job in zip(journeys, jobs, strict=True):
            journey.take(job.result())
    return add_up(journeys, probe)
