"""A task of one loop hops to a task of another loop, in another thread, by its coroutine."""

import asyncio
from asyncio import AbstractEventLoop
from contextlib import AbstractContextManager

from runner.loops import running
from runner.work import Params, Probe
from workloads.offload.steps import Journey, add_up, step_in_loop


def prepare(params: Params, probe: Probe) -> AbstractContextManager[list[AbstractEventLoop]]:
    return running(2)


async def travel(hops: int, there: AbstractEventLoop) -> Journey:
    journey = Journey()
    for _ in range(hops):
        job = asyncio.run_coroutine_threadsafe(step_in_loop(journey.value), there)
        journey.take(await asyncio.wrap_future(job))
    return journey


async def travel_all(tasks: int, hops: int, there: AbstractEventLoop) -> list[Journey]:
    async with asyncio.TaskGroup() as group:
        journeys = [group.create_task(travel(hops, there)) for _ in range(tasks)]
    return [journey.result() for journey in journeys]


def run(params: Params, probe: Probe, loops: list[AbstractEventLoop]) -> int:
    here, there = loops
    work = travel_all(params.tasks, params.hops, there)
    return add_up(asyncio.run_coroutine_threadsafe(work, here).result(), probe)
