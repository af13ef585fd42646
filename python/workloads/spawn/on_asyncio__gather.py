"""Coroutines that are gathered: if one fails, the others go on."""

import asyncio

from runner.work import Params, Probe


async def run(params: Params, probe: Probe) -> int:
    ran = 0
    parent = asyncio.current_task()

    async def task() -> None:
        nonlocal ran
        ran += asyncio.current_task() is not parent

    await asyncio.gather(*(task() for _ in range(params.tasks)))
    return ran
