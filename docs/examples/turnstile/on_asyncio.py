"""Tasks and one asyncio.Lock, which is first come, first served."""

import asyncio

from runner.work import Params, Probe


async def run(params: Params, probe: Probe) -> int:
    passed = 0
    lock = asyncio.Lock()

    async def pass_through() -> None:
        nonlocal passed
        for _ in range(params.passes):
            async with lock:
                seen = passed
                await asyncio.sleep(0)
                passed = seen + 1

    async with asyncio.TaskGroup() as group:
        for _ in range(params.tasks):
            group.create_task(pass_through())
    return passed
