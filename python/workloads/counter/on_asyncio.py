"""Tasks and one asyncio.Lock, which is first come, first served."""

import asyncio

from runner.work import Params, Probe


async def run(params: Params, probe: Probe) -> int:
    counter = in_flight = most = 0
    lock = asyncio.Lock()
    suspends = bool(params.suspensions)

    async def count() -> None:
        nonlocal counter, in_flight, most
        in_flight += 1
        most = max(most, in_flight)
        for _ in range(params.increments):
            async with lock:
                seen = counter
                if suspends:
                    await asyncio.sleep(0)
                counter = seen + 1
        in_flight -= 1

    async with asyncio.TaskGroup() as group:
        for _ in range(params.tasks):
            group.create_task(count())
    probe.observe_least("in_flight", most)
    probe.observe("lost_updates", params.tasks * params.increments - counter)
    return counter
