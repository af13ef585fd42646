"""Tasks that wait for an event, which creates a future for each of them."""

import asyncio

from runner.work import Params, Probe

STEPS = 4


async def run(params: Params, probe: Probe) -> int:
    event = asyncio.Event()
    started = ended = 0

    async def wait() -> None:
        nonlocal ended
        await event.wait()
        ended += 1

    async with asyncio.TaskGroup() as group:
        for step in range(1, STEPS + 1):
            while started < step * params.tasks // STEPS:
                group.create_task(wait())
                started += 1
            await asyncio.sleep(0)  # lets every new task run until it waits
            probe.parked(started)
        event.set()
    return ended
