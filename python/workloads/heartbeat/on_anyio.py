"""Ticks in the main task; another task does the work or offloads it, on either backend."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from anyio import to_process, to_thread

from runner.work import Params, Probe
from workloads.heartbeat import background

TICK_NS = 10_000_000


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[list[background.Job]]:
    with background.make_jobs(params) as jobs:
        if params.text("on") == "process":
            await to_process.run_sync(background.do_nothing)  # anyio keeps this process
        yield jobs


async def run(params: Params, probe: Probe, jobs: list[background.Job]) -> int:
    ticks = done = 0

    async def work() -> None:
        nonlocal done
        match params.text("on"):
            case "thread":
                done = all([await to_thread.run_sync(job) for job in jobs])
            case "process":
                done = all([await to_process.run_sync(job) for job in jobs])
            case _:
                done = all(job() for job in jobs)

    async with anyio.create_task_group() as group:
        start = time.perf_counter_ns()
        while ticks < params.ticks:
            ticks += 1
            due = start + ticks * TICK_NS
            await anyio.sleep(max(0, due - time.perf_counter_ns()) / 1e9)
            probe.latency(time.perf_counter_ns() - due)
            if ticks == params.ticks // 5:
                group.start_soon(work)
    return ticks + done
