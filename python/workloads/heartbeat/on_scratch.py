"""Ticks in the main task; another task on the same loop does the work."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from runner import scratch
from runner.work import Params, Probe
from workloads.heartbeat import background

TICK_NS = 10_000_000


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[background.Job]:
    with background.make_job(params) as job:
        yield job


async def run(params: Params, probe: Probe, job: background.Job) -> int:
    ticks = 0

    async def work() -> bool:
        return job()

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
