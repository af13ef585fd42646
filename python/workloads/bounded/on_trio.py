"""One task per job in a nursery; a capacity limiter lets a few of them run."""

import time

import trio

from runner.proof import InFlight
from runner.work import Params, Probe
from workloads.bounded.jobs import observe, units_of

EARLY_NS = 1_000_000  # timers of some event loops count whole milliseconds


async def run(params: Params, probe: Probe) -> int:
    done, in_flight = 0, InFlight()
    limiter = trio.CapacityLimiter(params.limit)

    async def work(units: int) -> None:
        nonlocal done
        async with limiter:
            with in_flight:
                start = time.perf_counter_ns()
                await trio.sleep(units * params.unit_ns / 1e9)
                if time.perf_counter_ns() - start >= units * params.unit_ns - EARLY_NS:
                    done += units

    async with trio.open_nursery() as nursery:
        for job in range(params.jobs):
            nursery.start_soon(work, units_of(job))
    observe(probe, in_flight.most, params.limit)
    return done
