"""A task a timer, all in one task group."""

import asyncio
import time

from runner.work import Params, Probe

EARLY_NS = 3_000_000  # some loops count whole milliseconds, of the clock and of the delay


async def run(params: Params, probe: Probe) -> int:
    gone_off = 0
    timers, span_ns = params.timers, params.span_ns

    async def timer(due: int) -> None:
        nonlocal gone_off
        await asyncio.sleep(max(0, due - time.perf_counter_ns()) / 1e9)
        late = time.perf_counter_ns() - due
        probe.latency(max(0, late))
        gone_off += late >= -EARLY_NS

    async with asyncio.TaskGroup() as group:
        first = time.perf_counter_ns() + params.lead_ns
        for k in range(timers):
            due = first + k * 7_919 % timers * span_ns // timers
            group.create_task(timer(due))
    return gone_off
