"""to_thread and run_in_executor; call_soon_threadsafe and run_coroutine_threadsafe back."""

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import AsyncIterator
from concurrent.futures import Executor, Future
from contextlib import asynccontextmanager

from runner.work import Params, Probe
from workloads.offload.steps import Journey, Taken, add_up, process_pool, step, step_in_loop


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[Executor | None]:
    with process_pool(params) as pool:
        yield pool


async def travel(way: str, hops: int, pool: Executor | None) -> Journey:
    journey, loop = Journey(), asyncio.get_running_loop()
    for _ in range(hops):
        if way == "to-thread":
            journey.take(await asyncio.to_thread(step, journey.value))
        else:  # without a pool, the executor is that of the loop
            journey.take(await loop.run_in_executor(pool, step, journey.value))
    return journey


def call_back(loop: AbstractEventLoop, hops: int) -> Journey:
    """Hop from this thread into the loop, where a callback takes the step."""
    journey = Journey()
    for _ in range(hops):
        done: Future[Taken] = Future()
        loop.call_soon_threadsafe(lambda: done.set_result(step(journey.value)))  # noqa: B023
        journey.take(done.result())
    return journey


def run_back(loop: AbstractEventLoop, hops: int) -> Journey:
    """Hop from this thread into the loop, where a task takes the step."""
    journey = Journey()
    for _ in range(hops):
        job = asyncio.run_coroutine_threadsafe(step_in_loop(journey.value), loop)
        journey.take(job.result())
    return journey


async def run(params: Params, probe: Probe, pool: Executor | None) -> int:
    way, hops, loop = params.text("way"), params.hops, asyncio.get_running_loop()
    back = {"from-thread": run_back, "from-thread-callback": call_back}.get(way)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(
                asyncio.to_thread(back, loop, hops) if back else travel(way, hops, pool)
            )
            for _ in range(params.tasks)
        ]
    return add_up((task.result() for task in tasks), probe)
