"""One chunk of jobs after the other; the jobs of a chunk are gathered."""

import asyncio
import time

from runner.proof import InFlight
from runner.work import Params, Probe
from workloads.bounded.jobs import observe, units_of

EARLY_NS = 1_000_000  # timers of some event loops count whole milliseconds


async def run(params: Params, probe: Probe) -> int:
    done, in_flight = 0, InFlight()

    async def work(units: int) -> None:
        nonlocal done
        with in_flight:
            start = time.perf_counter_ns()
            await asyncio.sleep(units * params.unit_ns / 1e9)
            if time.perf_counter_ns() - start >= units * params.unit_ns - EARLY_NS:
                done += units

    for first in range(0, params.jobs, params.limit):
        chunk = range(first, min(first + params.limit, params.jobs))
        await asyncio.gather(*(work(units_of(job)) for job in chunk))
    observe(probe, in_flight.most, params.limit)
    return done
