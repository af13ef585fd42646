"""A warm InterpreterPoolExecutor with a few interpreters."""

import time
from concurrent.futures import Executor
from contextlib import AbstractContextManager

from runner.interpreter_pool import warm_pool
from runner.work import Params, Probe, most_at_once
from workloads.bounded.jobs import observe, units_of

EARLY_NS = 1_000_000  # timers of some event loops count whole milliseconds


def work(units: int, unit_ns: int) -> tuple[int, int, int]:
    # The monotonic clock is the same in every interpreter, so the spans can be compared.
    start = time.monotonic_ns()
    time.sleep(units * unit_ns / 1e9)
    return units, start, time.monotonic_ns()


def prepare(params: Params, probe: Probe) -> AbstractContextManager[Executor]:
    return warm_pool(__name__, params.limit)


def run(params: Params, probe: Probe, pool: Executor) -> int:
    units = map(units_of, range(params.jobs))
    done = list(pool.map(work, units, [params.unit_ns] * params.jobs))
    observe(probe, most_at_once((start, end) for _, start, end in done), params.limit)
    return sum(
        units for units, start, end in done if end - start >= units * params.unit_ns - EARLY_NS
    )
