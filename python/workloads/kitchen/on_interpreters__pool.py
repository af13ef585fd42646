"""One job per dish for a warm InterpreterPoolExecutor with an interpreter for each."""

import time
from concurrent.futures import Executor
from contextlib import AbstractContextManager

from runner.interpreter_pool import warm_pool
from runner.work import Params, Probe, most_at_once

DISHES = (10, 3, 7)  # how many units of time each takes
EARLY_NS = 1_000_000  # timers of some event loops count whole milliseconds


def cook(units: int, unit_ns: int) -> tuple[int, int, int]:
    # The monotonic clock is the same in every interpreter, so the spans can be compared.
    start = time.monotonic_ns()
    time.sleep(units * unit_ns / 1e9)
    return units, start, time.monotonic_ns()


def prepare(params: Params, probe: Probe) -> AbstractContextManager[Executor]:
    return warm_pool(__name__, len(DISHES))


def run(params: Params, probe: Probe, pool: Executor) -> int:
    cooked = list(pool.map(cook, DISHES, [params.unit_ns] * len(DISHES)))
    probe.observe_least("in_flight", most_at_once((start, end) for _, start, end in cooked))
    return sum(
        units for units, start, end in cooked if end - start >= units * params.unit_ns - EARLY_NS
    )
