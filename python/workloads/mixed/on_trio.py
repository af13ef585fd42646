"""A few tasks in a nursery handle the requests, and compute on the loop."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from runner.proof import InFlight
from runner.work import Params, Probe
from workloads.mixed.handling import Work, handle, plan_work, report


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[Work]:
    yield plan_work(params)


async def run(params: Params, probe: Probe, work: Work) -> int:
    handled, in_flight = [], InFlight()
    pending = iter(range(params.requests))

    async def worker() -> None:
        for _ in pending:
            with in_flight:
                start = time.monotonic_ns()
                await trio.sleep(work.wait_ns / 1e9)
                handled.append(handle(work, start))

    async with trio.open_nursery() as nursery:
        for _ in range(params.concurrency):
            nursery.start_soon(worker)
    return report(probe, params, handled, in_flight.most)
