"""One job per chunk for asyncio's thread pool: the loop can run, but the GIL is shared."""

import asyncio

from runner.work import Params, Probe


def sum_squares(low: int, high: int) -> int:
    return sum(i * i for i in range(low, high))


async def run(params: Params, probe: Probe) -> int:
    n, chunks = params.n, params.chunks
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(
                asyncio.to_thread(sum_squares, c * n // chunks, (c + 1) * n // chunks)
            )
            for c in range(chunks)
        ]
    return sum(task.result() for task in tasks)
