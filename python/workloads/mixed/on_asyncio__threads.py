"""A few tasks handle the requests, and compute in the loop's own pool of threads."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from runner.proof import InFlight
from runner.work import Params, Probe
from workloads.mixed.handling import Work, brought_back, handle, plan_work, report


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[Work]:
    yield plan_work(params)


async def run(params: Params, probe: Probe, work: Work) -> int:
    handled, in_flight = [], InFlight()
    pending = iter(range(params.requests))

    async def worker() -> None:
        for _ in pending:
            with in_flight:
                start = time.monotonic_ns()
                await asyncio.sleep(work.wait_ns / 1e9)
                done = await asyncio.to_thread(handle, work, start)
                handled.append(brought_back(done))

    async with asyncio.TaskGroup() as group:
        for _ in range(params.concurrency):
            group.create_task(worker())
    return report(probe, params, handled, in_flight.most)
