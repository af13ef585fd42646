"""Two tasks and two queues without a bound, so that a value is put without a wait."""

import asyncio

from runner.work import Params, Probe


async def ping(rounds: int, pings: asyncio.Queue[int], pongs: asyncio.Queue[int]) -> int:
    value = 0
    for _ in range(rounds):
        pings.put_nowait(value)
        value = await pongs.get() + 1
    return value


async def pong(rounds: int, pings: asyncio.Queue[int], pongs: asyncio.Queue[int]) -> None:
    for _ in range(rounds):
        pongs.put_nowait(await pings.get() + 1)


async def run(params: Params, probe: Probe) -> int:
    pings: asyncio.Queue[int] = asyncio.Queue()
    pongs: asyncio.Queue[int] = asyncio.Queue()
    async with asyncio.TaskGroup() as group:
        ping_task = group.create_task(ping(params.rounds, pings, pongs))
        group.create_task(pong(params.rounds, pings, pongs))
    return ping_task.result()
