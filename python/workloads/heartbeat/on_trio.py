"""Ticks in the main task; another task does the work or offloads it.

trio has no process pool, so it uses the one of the standard library: a worker thread waits for the
job and does nothing else.
"""

import time
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from contextlib import asynccontextmanager, nullcontext

import trio

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
    ticks = done = 0
    jobs, pool = prepared

    async def work() -> None:
        nonlocal done
        match params.text("on"):
            case "thread":
                done = all([await trio.to_thread.run_sync(job) for job in jobs])
            case "process":
                futures = [pool.submit(job) for job in jobs]
                done = all([await trio.to_thread.run_sync(job.result) for job in futures])
            case _:
                done = all(job() for job in jobs)

    async with trio.open_nursery() as nursery:
        start = time.perf_counter_ns()
        while ticks < params.ticks:
            ticks += 1
            due = start + ticks * TICK_NS
            await trio.sleep(max(0, due - time.perf_counter_ns()) / 1e9)
            probe.latency(time.perf_counter_ns() - due)
            if ticks == params.ticks // 5:
                nursery.start_soon(work)
    return ticks + done
