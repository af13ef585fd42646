"""Tasks that sleep for an hour and are cancelled; each has a future and a timer."""

import asyncio

from runner.work import Params, Probe

STEPS = 4
HOUR_S = 3_600


async def run(params: Params, probe: Probe) -> int:
    sleepers: list[asyncio.Task[None]] = []

    async def wait() -> None:
        await asyncio.sleep(HOUR_S)

    async with asyncio.TaskGroup() as group:
        for step in range(1, STEPS + 1):
            while len(sleepers) < step * params.tasks // STEPS:
                sleepers.append(group.create_task(wait()))
            await asyncio.sleep(0)  # lets every new task run until it sleeps
            probe.parked(len(sleepers))
        for sleeper in sleepers:
            sleeper.cancel()
    return sum(sleeper.cancelled() for sleeper in sleepers)
