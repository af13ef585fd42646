"""Tasks that wait for an event of their loop, on several loops, one per core."""

import asyncio
from asyncio import AbstractEventLoop
from contextlib import AbstractContextManager

from runner.loops import run_on_each, running
from runner.work import Params, Probe

STEPS = 4


def prepare(params: Params, probe: Probe) -> AbstractContextManager[list[AbstractEventLoop]]:
    return running()


def run(params: Params, probe: Probe, loops: list[AbstractEventLoop]) -> int:
    events = [asyncio.Event() for _ in loops]
    tasks: list[set[asyncio.Task[None]]] = [set() for _ in loops]  # a task group keeps a set too
    started = target = 0
    ended: list[int] = []  # append() is atomic, so no lock is needed

    async def wait(loop: int) -> None:
        await events[loop].wait()
        ended.append(loop)

    async def start_share(first: int) -> None:
        for _ in range(started + first, target, len(loops)):
            tasks[first].add(asyncio.create_task(wait(first)))
        await asyncio.sleep(0)  # lets every new task run until it waits

    async def end(loop: int) -> None:
        events[loop].set()
        await asyncio.gather(*tasks[loop])

    for step in range(1, STEPS + 1):
        target = step * params.tasks // STEPS
        run_on_each(loops, start_share)
        started = target
        probe.parked(started)
    run_on_each(loops, end)
    return len(ended)
