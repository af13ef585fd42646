"""Three coroutines, gathered: if one fails, the others go on."""

import asyncio
import time

from runner.work import Params, Probe, most_at_once

DISHES = (10, 3, 7)  # how many units of time each takes
EARLY_NS = 1_000_000  # timers of some event loops count whole milliseconds


async def run(params: Params, probe: Probe) -> int:
    served = 0  # units of time
    spans = []

    async def cook(units: int) -> None:
        nonlocal served
        start = time.perf_counter_ns()
        await asyncio.sleep(units * params.unit_ns / 1e9)
        end = time.perf_counter_ns()
        spans.append((start, end))
        if end - start >= units * params.unit_ns - EARLY_NS:
            served += units

    await asyncio.gather(*map(cook, DISHES))
    probe.observe_least("in_flight", most_at_once(spans))
    return served
