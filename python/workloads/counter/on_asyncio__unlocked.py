"""Tasks without a lock: whoever writes after a suspension undoes what others wrote meanwhile."""

import asyncio

from runner.work import Params, Probe


async def run(params: Params, probe: Probe) -> int:
    counter = total = in_flight = most = 0
    suspends = bool(params.suspensions)

    async def count() -> None:
        nonlocal counter, total, in_flight, most
        in_flight += 1
        most = max(most, in_flight)
        mine = 0
        for _ in range(params.increments):
            seen = counter
            if suspends:
                await asyncio.sleep(0)
            counter = seen + 1
            mine += 1
        total += mine
        in_flight -= 1

    async with asyncio.TaskGroup() as group:
        for _ in range(params.tasks):
            group.create_task(count())
    lost = total - counter
    probe.observe_least("in_flight", most)
    probe.observe("lost_updates", lost)
    return counter + lost
