"""to_thread and to_process there; from_thread back.

In the loop, a new task or a callback takes the step on asyncio, on trio the task that waits.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import create_task_group, from_thread, to_process, to_thread

from runner.work import Params, Probe
from workloads.offload.steps import Journey, add_up, step, step_in_loop


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[None]:
    if params.text("way") == "to-process":
        await to_process.run_sync(step, 0)  # anyio keeps this process
    yield


async def travel(hops: int, way: str) -> Journey:
    journey = Journey()
    for _ in range(hops):
        if way == "to-thread":
            journey.take(await to_thread.run_sync(step, journey.value))
        else:
            journey.take(await to_process.run_sync(step, journey.value))
    return journey


def travel_back(hops: int, way: str) -> Journey:
    """Hop from this thread into the loop."""
    journey = Journey()
    for _ in range(hops):
        if way == "from-thread":
            journey.take(from_thread.run(step_in_loop, journey.value))
        else:
            journey.take(from_thread.run_sync(step, journey.value))
    return journey


async def run(params: Params, probe: Probe, _: None) -> int:
    journeys: list[Journey] = []

    async def make_journey() -> None:
        way = params.text("way")
        if way.startswith("from"):
            journeys.append(await to_thread.run_sync(travel_back, params.hops, way))
        else:
            journeys.append(await travel(params.hops, way))

    async with create_task_group() as group:
        for _ in range(params.tasks):
            group.start_soon(make_journey)
    return add_up(journeys, probe)
