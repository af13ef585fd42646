"""submit to a ThreadPoolExecutor, and result of what it returns."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from runner.crew import waiting_threads
from runner.work import Params, Probe
from workloads.offload.executors import Prepared, travel_at_once


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Prepared]:
    """Start a thread for each further task; those of the pool are warm from the warm-up samples."""
    with ThreadPoolExecutor() as pool, waiting_threads(params.tasks - 1) as others:
        yield pool, others


def run(params: Params, probe: Probe, prepared: Prepared) -> int:
    return travel_at_once(params, probe, prepared)
