"""Ticks in the main task; another task does the work or offloads it."""

import asyncio
import time
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from contextlib import asynccontextmanager, nullcontext

from runner.work import Params, Probe
from workloads.heartbeat import background

TICK_NS = 10_000_000

Prepared = tuple[list[background.Job], Executor | None]


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[Prepared]:
    uses_process = params.text("on") == "process"
    with (
        background.make_jobs(params) as jobs,
        background.warm_process_pool() if uses_process else nullcontext() as pool,
    ):
        yield jobs, pool


async def run(params: Params, probe: Probe, prepared: Prepared) -> int:
    ticks = 0
    jobs, pool = prepared

    async def work() -> bool:
        match params.text("on"):
            case "thread":
                return all([await asyncio.to_thread(job) for job in jobs])
            case "process":
                loop = asyncio.get_running_loop()
                return all([await loop.run_in_executor(pool, job) for job in jobs])
            case _:
                return all(job() for job in jobs)

    async with asyncio.TaskGroup() as group:
        start = time.perf_counter_ns()
        while ticks < params.ticks:
            ticks += 1
            due = start + ticks * TICK_NS
            await asyncio.sleep(max(0, due - time.perf_counter_ns()) / 1e9)
            probe.latency(time.perf_counter_ns() - due)
            if ticks == params.ticks // 5:
                work_task = group.create_task(work())
    return ticks + work_task.result()
