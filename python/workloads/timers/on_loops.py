"""One task per timer, in a task group on each of several loops, one per core."""

import asyncio
import time
from asyncio import AbstractEventLoop
from contextlib import AbstractContextManager

from runner.loops import run_on_each, running
from runner.work import Params, Probe

EARLY_NS = 3_000_000  # some event loops round both the clock and the delay to milliseconds


def prepare(params: Params, probe: Probe) -> AbstractContextManager[list[AbstractEventLoop]]:
    return running()


def run(params: Params, probe: Probe, loops: list[AbstractEventLoop]) -> int:
    timers, span_ns = params.timers, params.span_ns
    waits_ns: list[int] = []  # append() is atomic, so no lock is needed
    lateness_ns: list[int] = []

    async def timer(due_ns: int) -> None:
        wait_ns = due_ns - time.perf_counter_ns()
        waits_ns.append(wait_ns)
        await asyncio.sleep(max(0, wait_ns) / 1e9)
        lateness_ns.append(time.perf_counter_ns() - due_ns)

    first_ns = time.perf_counter_ns() + params.lead_ns

    async def start_share(first: int) -> None:
        async with asyncio.TaskGroup() as group:
            for k in range(first, timers, len(loops)):
                due_ns = first_ns + k * 7_919 % timers * span_ns // timers
                group.create_task(timer(due_ns))

    run_on_each(loops, start_share)
    for late_ns in lateness_ns:
        probe.latency(late_ns)
    probe.observe_least("started_in_time", sum(wait_ns > 0 for wait_ns in waits_ns))
    return sum(late_ns >= -EARLY_NS for late_ns in lateness_ns)
