"""Tasks that wait for an event of their loop, on several loops, one per core."""

import asyncio
from asyncio import AbstractEventLoop
from contextlib import AbstractContextManager

from runner.loops import run_on_each, running
from runner.work import Params, Probe
from workloads.ceiling.budget import Budget


def prepare(params: Params, probe: Probe) -> AbstractContextManager[list[AbstractEventLoop]]:
    return running()


class Share:
    """The tasks of one loop."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []
        self.waiting = self.ended = 0

    async def wait(self) -> None:
        self.waiting += 1
        await self.event.wait()
        self.waiting -= 1
        self.ended += 1


def run(params: Params, probe: Probe, loops: list[AbstractEventLoop]) -> int:
    shares = [Share() for _ in loops]
    started = target = 0

    async def grow(first: int) -> None:
        share = shares[first]
        while len(share.tasks) < len(range(first, target, len(loops))):
            share.tasks.append(asyncio.create_task(share.wait()))
        await asyncio.sleep(0)  # lets every new task run until it waits

    async def end(first: int) -> None:
        shares[first].event.set()
        await asyncio.gather(*shares[first].tasks)

    budget = Budget(params, probe)
    while (target := budget.grow(sum(share.waiting for share in shares))) > started:
        run_on_each(loops, grow)
        started = target
    run_on_each(loops, end)
    return started - sum(share.ended for share in shares)
