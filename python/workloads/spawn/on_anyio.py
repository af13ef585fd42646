"""Tasks in a task group, on either backend."""

import anyio

from runner.work import Params, Probe


async def run(params: Params, probe: Probe) -> int:
    ran = 0
    parent = anyio.get_current_task().id

    async def task() -> None:
        nonlocal ran
        ran += anyio.get_current_task().id != parent

    async with anyio.create_task_group() as group:
        for _ in range(params.tasks):
            group.start_soon(task)
    return ran
