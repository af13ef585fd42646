"""Two tasks and a new future for each value, the least that asyncio needs to wake a task."""

import asyncio

from runner.work import Params, Probe
from workloads.pingpong.turns import Turns


class Slot:
    """Room for one value; the receiver waits for it on a future."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[int] = self.loop.create_future()

    def put(self, value: int) -> None:
        self.future.set_result(value)

    async def get(self) -> int:
        value = await self.future
        self.future = self.loop.create_future()
        return value


async def ping(rounds: int, pings: Slot, pongs: Slot, turns: Turns) -> int:
    me = asyncio.current_task()
    value = 0
    for _ in range(rounds):
        turns.last = me
        pings.put(value)
        value = await pongs.get() + 1
        turns.switches += turns.last is not me
    return value


async def pong(rounds: int, pings: Slot, pongs: Slot, turns: Turns) -> None:
    me = asyncio.current_task()
    for _ in range(rounds):
        answer = await pings.get() + 1
        turns.last = me
        pongs.put(answer)


async def run(params: Params, probe: Probe) -> int:
    pings, pongs = Slot(), Slot()
    turns = Turns()
    async with asyncio.TaskGroup() as group:
        ping_task = group.create_task(ping(params.rounds, pings, pongs, turns))
        group.create_task(pong(params.rounds, pings, pongs, turns))
    probe.observe_least("switches", turns.switches)
    return ping_task.result()
