"""Three tasks in a task group; each dish is one entry in the loop's heap of timers."""

import time

from runner import scratch
from runner.work import Params, Probe, most_at_once

DISHES = (10, 3, 7)  # units of time
EARLY_NS = 1_000_000  # some loops' timers count whole milliseconds


async def run(params: Params, probe: Probe) -> int:
    served, spans = 0, []

    async def cook(units: int) -> None:
        nonlocal served
        start = time.perf_counter_ns()
        await scratch.sleep(units * params.unit_ns / 1e9)
        end = time.perf_counter_ns()
        served += units if end - start >= units * params.unit_ns - EARLY_NS else 0
        spans.append((start, end))

    async with scratch.TaskGroup() as kitchen:
        for units in DISHES:
            kitchen.spawn(cook(units))
    probe.observe("in_flight", most_at_once(spans))
    return served
