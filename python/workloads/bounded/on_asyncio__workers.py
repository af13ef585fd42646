"""A few workers take the jobs from a queue."""

import asyncio
import time

from runner.proof import InFlight
from runner.work import Params, Probe
from workloads.bounded.jobs import observe, units_of

EARLY_NS = 1_000_000  # timers of some event loops count whole milliseconds


async def run(params: Params, probe: Probe) -> int:
    done, in_flight = 0, InFlight()
    queue: asyncio.Queue[int] = asyncio.Queue()
    for job in range(params.jobs):
        queue.put_nowait(job)

    async def work(units: int) -> None:
        nonlocal done
        with in_flight:
            start = time.perf_counter_ns()
            await asyncio.sleep(units * params.unit_ns / 1e9)
            if time.perf_counter_ns() - start >= units * params.unit_ns - EARLY_NS:
                done += units

    async def worker() -> None:
        while not queue.empty():
            await work(units_of(await queue.get()))

    async with asyncio.TaskGroup() as group:
        for _ in range(params.limit):
            group.create_task(worker())
    observe(probe, in_flight.most, params.limit)
    return done
