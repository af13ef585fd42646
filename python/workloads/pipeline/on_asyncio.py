"""Tasks and bounded queues."""

import asyncio
from itertools import pairwise

from runner.work import Params, Probe


async def run(params: Params, probe: Probe) -> int:
    items = params.items
    queues = [asyncio.Queue[int](params.capacity) for _ in range(params.stages + 1)]
    total = received = 0

    async def produce(output: asyncio.Queue[int]) -> None:
        for value in range(items):
            await output.put(value)
        probe.observe_least("overlapped", received)

    async def pass_on(source: asyncio.Queue[int], output: asyncio.Queue[int]) -> None:
        for _ in range(items):
            await output.put(await source.get() + 1)

    async def consume(source: asyncio.Queue[int]) -> None:
        nonlocal total, received
        for position in range(items):
            total += position * await source.get()
            received += 1

    async with asyncio.TaskGroup() as group:
        group.create_task(produce(queues[0]))
        for source, output in pairwise(queues):
            group.create_task(pass_on(source, output))
        group.create_task(consume(queues[-1]))
    return total
