"""One task per chunk, on one loop per core: the tasks of a loop run one after the other."""

import asyncio
from asyncio import AbstractEventLoop
from contextlib import AbstractContextManager

from runner.loops import run_on_each, running
from runner.work import Params, Probe


def prepare(params: Params, probe: Probe) -> AbstractContextManager[list[AbstractEventLoop]]:
    return running()


async def sum_squares(low: int, high: int) -> int:
    return sum(i * i for i in range(low, high))


def run(params: Params, probe: Probe, loops: list[AbstractEventLoop]) -> int:
    n, chunks = params.n, params.chunks

    async def sum_share(first: int) -> int:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(sum_squares(c * n // chunks, (c + 1) * n // chunks))
                for c in range(first, chunks, len(loops))
            ]
        return sum(task.result() for task in tasks)

    return sum(run_on_each(loops, sum_share))
