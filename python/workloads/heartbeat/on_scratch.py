"""Ticks in the main task; another task on the same loop does the work."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from runner import scratch
from runner.work import Params, Probe
from workloads.heartbeat import background

TICK_NS = 10_000_000


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[list[background.Job]]:
    with background.make_jobs(params) as jobs:
        yield jobs


async def run(params: Params, probe: Probe, jobs: list[background.Job]) -> int:
    ticks = 0

    async def work() -> bool:
        return all(job() for job in jobs)

    async with scratch.TaskGroup() as group:
        start = time.perf_counter_ns()
        while ticks < params.ticks:
            ticks += 1
            due = start + ticks * TICK_NS
            await scratch.sleep(max(0, due - time.perf_counter_ns()) / 1e9)
            probe.latency(time.perf_counter_ns() - due)
            if ticks == params.ticks // 5:
                work_task = group.spawn(work())
    return ticks + await work_task
