"""Tasks in a task group."""

import asyncio

from runner.work import Params, Probe


async def run(params: Params, probe: Probe) -> int:
    ran = 0
    parent = asyncio.current_task()

    async def task() -> None:
        nonlocal ran
        ran += asyncio.current_task() is not parent

    async with asyncio.TaskGroup() as group:
        for _ in range(params.tasks):
            group.create_task(task())
    return ran
