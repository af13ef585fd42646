"""Tasks in a nursery."""

import trio

from runner.work import Params, Probe


async def run(params: Params, probe: Probe) -> int:
    ran = 0
    parent = trio.lowlevel.current_task()

    async def task() -> None:
        nonlocal ran
        ran += trio.lowlevel.current_task() is not parent

    async with trio.open_nursery() as nursery:
        for _ in range(params.tasks):
            nursery.start_soon(task)
    return ran
