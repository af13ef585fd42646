"""Three tasks in a task group, on either backend."""

import time

import anyio

from runner.work import Params, Probe, most_at_once

DISHES = (10, 3, 7)  # units of time
EARLY_NS = 1_000_000  # some loops' timers count whole milliseconds


async def run(params: Params, probe: Probe) -> int:
    served, spans = 0, []

    async def cook(units: int) -> None:
        nonlocal served
        start = time.perf_counter_ns()
        await anyio.sleep(units * params.unit_ns / 1e9)
        end = time.perf_counter_ns()
        served += units if end - start >= units * params.unit_ns - EARLY_NS else 0
        spans.append((start, end))

    async with anyio.create_task_group() as kitchen:
        for units in DISHES:
            kitchen.start_soon(cook, units)
    probe.observe("in_flight", most_at_once(spans))
    return served
