"""Tasks in a task group that wait for an event."""

import asyncio

from runner.work import Params, Probe
from workloads.ceiling.budget import Budget


async def run(params: Params, probe: Probe) -> int:
    event = asyncio.Event()
    started = waiting = ended = 0

    async def wait() -> None:
        nonlocal waiting, ended
        waiting += 1
        await event.wait()
        waiting -= 1
        ended += 1

    budget = Budget(params, probe)
    async with asyncio.TaskGroup() as group:
        while (target := budget.grow(waiting)) > started:
            while started < target:
                group.create_task(wait())
                started += 1
            await asyncio.sleep(0)  # lets every new task run until it waits
        event.set()
    return started - ended
