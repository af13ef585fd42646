"""A few tasks handle the requests, and compute in a warm pool with one process per core."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from multiprocessing import get_context

from runner.models import START_METHOD
from runner.proof import InFlight
from runner.work import Params, Probe
from workloads.mixed.handling import Work, brought_back, handle, plan_work, report

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[tuple[Work, ProcessPoolExecutor]]:
    """Start every worker and let it do its first jobs, because a pool starts workers on demand."""
    loop, work = asyncio.get_running_loop(), plan_work(params)
    workers = os.cpu_count() or 1
    with ProcessPoolExecutor(workers, processes) as pool:
        warm_up = [loop.run_in_executor(pool, handle, work, 0) for _ in range(4 * workers)]
        await asyncio.gather(*warm_up)
        yield work, pool


async def run(params: Params, probe: Probe, prepared: tuple[Work, ProcessPoolExecutor]) -> int:
    work, pool = prepared
    handled, in_flight = [], InFlight()
    loop = asyncio.get_running_loop()
    pending = iter(range(params.requests))

    async def worker() -> None:
        for _ in pending:
            with in_flight:
                start = time.monotonic_ns()
                await asyncio.sleep(work.wait_ns / 1e9)
                done = await loop.run_in_executor(pool, handle, work, start)
                handled.append(brought_back(done))

    async with asyncio.TaskGroup() as group:
        for _ in range(params.concurrency):
            group.create_task(worker())
    return report(probe, params, handled, in_flight.most)
