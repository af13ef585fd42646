"""Three tasks in a nursery, which closes when the last dish is done."""

import time

import trio

from runner.work import Params, Probe, most_at_once

DISHES = (10, 3, 7)  # units of time
EARLY_NS = 1_000_000  # some loops' timers count whole milliseconds


async def run(params: Params, probe: Probe) -> int:
    served, spans = 0, []

    async def cook(units: int) -> None:
        nonlocal served
        start = time.perf_counter_ns()
        await trio.sleep(units * params.unit_ns / 1e9)
        end = time.perf_counter_ns()
        served += units if end - start >= units * params.unit_ns - EARLY_NS else 0
        spans.append((start, end))

    async with trio.open_nursery() as kitchen:
        for units in DISHES:
            kitchen.start_soon(cook, units)
    probe.observe("in_flight", most_at_once(spans))
    return served
