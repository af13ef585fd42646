"""Three tasks on several loops, one loop per core."""

import asyncio
import time
from asyncio import AbstractEventLoop
from contextlib import AbstractContextManager

from runner.loops import run_on_each, running
from runner.work import Params, Probe, most_at_once

DISHES = (10, 3, 7)  # how many units of time each takes
EARLY_NS = 1_000_000  # timers of some event loops count whole milliseconds


def prepare(params: Params, probe: Probe) -> AbstractContextManager[list[AbstractEventLoop]]:
    return running()


def run(params: Params, probe: Probe, loops: list[AbstractEventLoop]) -> int:
    cooked: list[tuple[int, int, int]] = []  # append() is atomic, so no lock is needed

    async def cook(units: int) -> None:
        start = time.perf_counter_ns()
        await asyncio.sleep(units * params.unit_ns / 1e9)
        cooked.append((units, start, time.perf_counter_ns()))

    async def cook_share(first: int) -> None:
        async with asyncio.TaskGroup() as group:
            for units in DISHES[first :: len(loops)]:
                group.create_task(cook(units))

    run_on_each(loops, cook_share)
    probe.observe_least("in_flight", most_at_once((start, end) for _, start, end in cooked))
    return sum(
        units for units, start, end in cooked if end - start >= units * params.unit_ns - EARLY_NS
    )
