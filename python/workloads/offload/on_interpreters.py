"""submit to an InterpreterPoolExecutor, and result of what it returns."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from runner.crew import waiting_threads
from runner.interpreter_pool import warm_pool
from runner.work import Params, Probe
from workloads.offload import steps
from workloads.offload.executors import Prepared, travel_at_once


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Prepared]:
    """Start the interpreters that the case needs, and a thread for each further task."""
    workers = min(params.tasks, os.cpu_count() or 1)
    with warm_pool(steps.__name__, workers) as pool, waiting_threads(params.tasks - 1) as others:
        yield pool, others


def run(params: Params, probe: Probe, prepared: Prepared) -> int:
    return travel_at_once(params, probe, prepared)
