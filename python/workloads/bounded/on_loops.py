"""A few workers, spread over several loops, take the jobs from one queue."""

import asyncio
import time
from asyncio import AbstractEventLoop
from contextlib import AbstractContextManager, suppress
from queue import Empty, SimpleQueue

from runner.loops import run_on_each, running
from runner.work import Params, Probe, most_at_once
from workloads.bounded.jobs import observe, units_of

EARLY_NS = 1_000_000  # timers of some event loops count whole milliseconds


def prepare(params: Params, probe: Probe) -> AbstractContextManager[list[AbstractEventLoop]]:
    return running()


def run(params: Params, probe: Probe, loops: list[AbstractEventLoop]) -> int:
    done: list[tuple[int, int, int]] = []  # append() is atomic, so no lock is needed
    jobs: SimpleQueue[int] = SimpleQueue()  # safe between threads, and never waited for
    for job in range(params.jobs):
        jobs.put(job)

    async def work(units: int) -> None:
        start = time.perf_counter_ns()
        await asyncio.sleep(units * params.unit_ns / 1e9)
        done.append((units, start, time.perf_counter_ns()))

    async def worker() -> None:
        with suppress(Empty):
            while True:
                await work(units_of(jobs.get_nowait()))

    async def start_share(first: int) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(first, params.limit, len(loops)):
                group.create_task(worker())

    run_on_each(loops, start_share)
    observe(probe, most_at_once((start, end) for _, start, end in done), params.limit)
    return sum(
        units for units, start, end in done if end - start >= units * params.unit_ns - EARLY_NS
    )
