"""A few tasks, spread over one loop per core, handle the requests and compute on their loop."""

import asyncio
import time
from asyncio import AbstractEventLoop
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue

from runner.loops import run_on_each, running
from runner.work import Params, Probe, most_at_once
from workloads.mixed.handling import Handled, Work, handle, plan_work, report

Prepared = tuple[Work, list[AbstractEventLoop]]


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Prepared]:
    work = plan_work(params)
    with running() as loops:
        yield work, loops


def run(params: Params, probe: Probe, prepared: Prepared) -> int:
    work, loops = prepared
    done: list[tuple[int, int, Handled]] = []  # append() is atomic, so no lock is needed
    pending: SimpleQueue[int] = SimpleQueue()  # safe between threads, and never waited for
    for request in range(params.requests):
        pending.put(request)

    async def worker() -> None:
        with suppress(Empty):
            while True:
                pending.get_nowait()
                start = time.monotonic_ns()
                await asyncio.sleep(work.wait_ns / 1e9)
                handled = handle(work, start)
                done.append((start, time.monotonic_ns(), handled))

    async def start_share(first: int) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(first, params.concurrency, len(loops)):
                group.create_task(worker())

    run_on_each(loops, start_share)
    most = most_at_once((start, end) for start, end, _ in done)
    return report(probe, params, [handled for _, _, handled in done], most)
