"""Tasks in a task group, on either backend."""

import asyncio
from collections.abc import Callable

import anyio

from runner.work import Params, Probe


def find_current_task() -> Callable[[], object]:
    """Return the backend's own function: anyio's describes the task, which takes a microsecond."""
    if anyio.get_cancelled_exc_class() is asyncio.CancelledError:
        return asyncio.current_task
    import trio  # only where it is the backend

    return trio.lowlevel.current_task


async def run(params: Params, probe: Probe) -> int:
    ran = 0
    current_task = find_current_task()
    parent = current_task()

    async def task() -> None:
        nonlocal ran
        ran += current_task() is not parent

    async with anyio.create_task_group() as group:
        for _ in range(params.tasks):
            group.start_soon(task)
    return ran
