"""A few workers take the jobs from a channel."""

import time

from runner import scratch
from runner.proof import InFlight
from runner.work import Params, Probe
from workloads.bounded.jobs import observe, units_of

EARLY_NS = 1_000_000  # timers of some event loops count whole milliseconds


async def run(params: Params, probe: Probe) -> int:
    done, in_flight = 0, InFlight()
    jobs: scratch.Channel[int] = scratch.Channel()

    async def work(units: int) -> None:
        nonlocal done
        with in_flight:
            start = time.perf_counter_ns()
            await scratch.sleep(units * params.unit_ns / 1e9)
            if time.perf_counter_ns() - start >= units * params.unit_ns - EARLY_NS:
                done += units

    async def worker() -> None:
        async for job in jobs:
            await work(units_of(job))

    async with scratch.TaskGroup() as group:
        for _ in range(params.limit):
            group.spawn(worker())
        for job in range(params.jobs):
            await jobs.send(job)
        jobs.close()
    observe(probe, in_flight.most, params.limit)
    return done
