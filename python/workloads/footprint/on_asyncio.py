"""Tasks that wait for one event; each wait makes a future."""

import asyncio

from runner.work import Params, Probe

STEPS = 4


async def run(params: Params, probe: Probe) -> int:
    told = asyncio.Event()
    started = ended = 0

    async def wait() -> None:
        nonlocal ended
        await told.wait()
        ended += 1

    async with asyncio.TaskGroup() as group:
        for step in range(1, STEPS + 1):
            while started < step * params.tasks // STEPS:
                group.create_task(wait())
                started += 1
            await asyncio.sleep(0)  # each of them runs before this goes on, up to its wait
            probe.parked(started)
        told.set()
    return ended
