"""One task per wait in a task group."""

import asyncio
import time

from runner.work import Params, Probe

EARLY_NS = 1_000_000  # timers of some event loops count whole milliseconds


async def run(params: Params, probe: Probe) -> int:
    waited = in_flight = most = 0
    seconds = params.wait_ns / 1e9
    shortest_ns = params.wait_ns - EARLY_NS

    async def wait() -> None:
        nonlocal waited, in_flight, most
        in_flight += 1
        most = max(most, in_flight)
        start = time.perf_counter_ns()
        await asyncio.sleep(seconds)
        waited += time.perf_counter_ns() - start >= shortest_ns
        in_flight -= 1

    async with asyncio.TaskGroup() as group:
        for _ in range(params.tasks):
            group.create_task(wait())
    probe.observe_least("in_flight", most)
    return waited
