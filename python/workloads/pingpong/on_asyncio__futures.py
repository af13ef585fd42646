"""Two tasks and a fresh future for each hand-over: the least that asyncio needs to wake a task."""

import asyncio

from runner.work import Params, Probe


class Slot:
    """Room for one value on its way; the receiver waits on a future."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.arrival: asyncio.Future[int] = self.loop.create_future()

    def put(self, value: int) -> None:
        self.arrival.set_result(value)

    async def get(self) -> int:
        value = await self.arrival
        self.arrival = self.loop.create_future()
        return value


async def ping(rounds: int, there: Slot, back: Slot) -> int:
    value = 0
    for _ in range(rounds):
        there.put(value)
        value = await back.get() + 1
    return value


async def pong(rounds: int, there: Slot, back: Slot) -> None:
    for _ in range(rounds):
        back.put(await there.get() + 1)


async def run(params: Params, probe: Probe) -> int:
    there, back = Slot(), Slot()
    async with asyncio.TaskGroup() as group:
        pinging = group.create_task(ping(params.rounds, there, back))
        group.create_task(pong(params.rounds, there, back))
    return pinging.result()
