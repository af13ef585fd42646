"""Ticks on one loop; a task of a second loop, in another thread, does the work."""

import asyncio
import time
from asyncio import AbstractEventLoop
from collections.abc import Iterator
from contextlib import contextmanager

from runner.loops import running
from runner.work import Params, Probe
from workloads.heartbeat import background

TICK_NS = 10_000_000

Prepared = tuple[list[background.Job], list[AbstractEventLoop]]


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Prepared]:
    with background.make_jobs(params) as jobs, running(2) as loops:
        yield jobs, loops


def run(params: Params, probe: Probe, prepared: Prepared) -> int:
    jobs, (ticking, working) = prepared

    async def work() -> bool:
        return all(job() for job in jobs)

    async def tick() -> int:
        ticks = 0
        start = time.perf_counter_ns()
        while ticks < params.ticks:
            ticks += 1
            due = start + ticks * TICK_NS
            await asyncio.sleep(max(0, due - time.perf_counter_ns()) / 1e9)
            probe.latency(time.perf_counter_ns() - due)
            if ticks == params.ticks // 5:
                done = asyncio.run_coroutine_threadsafe(work(), working)
        return ticks + await asyncio.wrap_future(done)

    return asyncio.run_coroutine_threadsafe(tick(), ticking).result()
