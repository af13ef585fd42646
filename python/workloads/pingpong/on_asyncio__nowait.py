"""Two tasks and two queues without a bound, so that a value is put without a wait."""

import asyncio

from runner.work import Params, Probe
from workloads.pingpong.turns import Turns


async def ping(
    rounds: int, pings: asyncio.Queue[int], pongs: asyncio.Queue[int], turns: Turns
) -> int:
    me = asyncio.current_task()
    value = 0
    for _ in range(rounds):
        turns.last = me
        pings.put_nowait(value)
        value = await pongs.get() + 1
        turns.switches += turns.last is not me
    return value


async def pong(
    rounds: int, pings: asyncio.Queue[int], pongs: asyncio.Queue[int], turns: Turns
) -> None:
    me = asyncio.current_task()
    for _ in range(rounds):
        answer = await pings.get() + 1
        turns.last = me
        pongs.put_nowait(answer)


async def run(params: Params, probe: Probe) -> int:
    pings: asyncio.Queue[int] = asyncio.Queue()
    pongs: asyncio.Queue[int] = asyncio.Queue()
    turns = Turns()
    async with asyncio.TaskGroup() as group:
        ping_task = group.create_task(ping(params.rounds, pings, pongs, turns))
        group.create_task(pong(params.rounds, pings, pongs, turns))
    probe.observe_least("switches", turns.switches)
    return ping_task.result()
