"""Tasks in a task group on each of several loops, one per core."""

import asyncio
from asyncio import AbstractEventLoop
from contextlib import AbstractContextManager

from runner.loops import run_on_each, running
from runner.work import Params, Probe


def prepare(params: Params, probe: Probe) -> AbstractContextManager[list[AbstractEventLoop]]:
    return running()


def run(params: Params, probe: Probe, loops: list[AbstractEventLoop]) -> int:
    async def spawn_share(first: int) -> int:
        ran = 0
        parent = asyncio.current_task()

        async def task() -> None:
            nonlocal ran
            ran += asyncio.current_task() is not parent

        async with asyncio.TaskGroup() as group:
            for _ in range(first, params.tasks, len(loops)):
                group.create_task(task())
        return ran

    return sum(run_on_each(loops, spawn_share))
