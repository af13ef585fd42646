"""Each loop cancels its tasks and gathers them, all loops at once."""

import asyncio
import time
from asyncio import AbstractEventLoop
from contextlib import AbstractContextManager

from runner.loops import run_on_each, running
from runner.work import Params, Probe
from workloads.cancel.moment import HOUR_S, seconds_before, spin_until


def prepare(params: Params, probe: Probe) -> AbstractContextManager[list[AbstractEventLoop]]:
    return running()


def run(params: Params, probe: Probe, loops: list[AbstractEventLoop]) -> int:
    waiting: list[int] = []  # append() is atomic, so no lock is needed
    cleaned: list[int] = []

    async def wait(task: int) -> None:
        waiting.append(task)
        try:
            await asyncio.sleep(HOUR_S)
        finally:
            cleaned.append(task)

    async def start_share(first: int) -> list[asyncio.Task[None]]:
        share = range(first, params.tasks, len(loops))
        tasks = [asyncio.create_task(wait(task)) for task in share]
        await asyncio.sleep(0)  # lets every new task run until it waits
        return tasks

    async def cancel_share(first: int) -> None:
        for task in tasks[first]:
            task.cancel()
        await asyncio.gather(*tasks[first], return_exceptions=True)

    moment_ns = time.perf_counter_ns() + params.lead_ns
    tasks = run_on_each(loops, start_share)
    time.sleep(seconds_before(moment_ns))
    probe.observe_least("waiting", len(waiting) - len(cleaned))
    spin_until(moment_ns)
    run_on_each(loops, cancel_share)
    probe.observe_least("cleaned", len(cleaned))
    return len(cleaned)
