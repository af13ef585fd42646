"""Two tasks and two queues of one place."""

import asyncio

from runner.work import Params, Probe


async def ping(rounds: int, there: asyncio.Queue[int], back: asyncio.Queue[int]) -> int:
    value = 0
    for _ in range(rounds):
        await there.put(value)
        value = await back.get() + 1
    return value


async def pong(rounds: int, there: asyncio.Queue[int], back: asyncio.Queue[int]) -> None:
    for _ in range(rounds):
        await back.put(await there.get() + 1)


async def run(params: Params, probe: Probe) -> int:
    there: asyncio.Queue[int] = asyncio.Queue(1)
    back: asyncio.Queue[int] = asyncio.Queue(1)
    async with asyncio.TaskGroup() as group:
        pinging = group.create_task(ping(params.rounds, there, back))
        group.create_task(pong(params.rounds, there, back))
    return pinging.result()
