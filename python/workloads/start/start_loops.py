"""One event loop per core, each in its own thread, and one task. Imports only what it needs."""

import asyncio

from runner.loops import running


async def main() -> bool:
    ran = False
    parent = asyncio.current_task()

    async def task() -> None:
        nonlocal ran
        ran = asyncio.current_task() is not parent

    async with asyncio.TaskGroup() as group:
        group.create_task(task())
    return ran


def start_and_stop() -> bool:
    with running() as loops:
        return asyncio.run_coroutine_threadsafe(main(), loops[0]).result()
