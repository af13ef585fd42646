"""trio.to_thread there; trio.from_thread back, where the task that waits takes the step.

trio has no process pool, so it uses the one of the standard library: a worker thread waits for the
job and does nothing else.
"""

from collections.abc import AsyncIterator
from concurrent.futures import Executor
from contextlib import asynccontextmanager

import trio

from runner.work import Params, Probe
from workloads.offload.steps import Journey, add_up, process_pool, step, step_in_loop


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[Executor | None]:
    with process_pool(params) as pool:
        yield pool


async def travel(hops: int, pool: Executor | None) -> Journey:
    journey = Journey()
    for _ in range(hops):
        if pool is None:
            journey.take(await trio.to_thread.run_sync(step, journey.value))
        else:
            job = pool.submit(step, journey.value)
            journey.take(await trio.to_thread.run_sync(job.result))
    return journey


def travel_back(hops: int, way: str) -> Journey:
    """Hop from this thread into the loop."""
    journey = Journey()
    for _ in range(hops):
        if way == "from-thread":
            journey.take(trio.from_thread.run(step_in_loop, journey.value))
        else:
            journey.take(trio.from_thread.run_sync(step, journey.value))
    return journey


async def run(params: Params, probe: Probe, pool: Executor | None) -> int:
    journeys: list[Journey] = []

    async def make_journey() -> None:
        way = params.text("way")
        if way.startswith("from"):
            journeys.append(await trio.to_thread.run_sync(travel_back, params.hops, way))
        else:
            journeys.append(await travel(params.hops, pool))

    async with trio.open_nursery() as nursery:
        for _ in range(params.tasks):
            nursery.start_soon(make_journey)
    return add_up(journeys, probe)
