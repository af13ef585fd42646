"""One task per wait, in a task group on each of several loops, one per core."""

import asyncio
import time
from asyncio import AbstractEventLoop
from contextlib import AbstractContextManager

from runner.loops import run_on_each, running
from runner.work import Params, Probe, most_at_once

EARLY_NS = 1_000_000  # timers of some event loops count whole milliseconds


def prepare(params: Params, probe: Probe) -> AbstractContextManager[list[AbstractEventLoop]]:
    return running()


def run(params: Params, probe: Probe, loops: list[AbstractEventLoop]) -> int:
    seconds = params.wait_ns / 1e9
    shortest_ns = params.wait_ns - EARLY_NS

    async def wait_share(first: int) -> tuple[int, int, int]:
        """Return how many waited, and from when to when all of them did."""
        waited = last_start = first_end = 0

        async def wait() -> None:
            nonlocal waited, last_start, first_end
            start = last_start = time.perf_counter_ns()
            await asyncio.sleep(seconds)
            end = time.perf_counter_ns()
            first_end = first_end or end
            waited += end - start >= shortest_ns

        async with asyncio.TaskGroup() as group:
            for _ in range(first, params.tasks, len(loops)):
                group.create_task(wait())
        return waited, last_start, first_end

    shares = [share for share in run_on_each(loops, wait_share) if share[2]]
    # If the tasks of one loop do not wait together with those of the others, they do not count.
    together = most_at_once((last_start, first_end) for _, last_start, first_end in shares)
    probe.observe_least("in_flight", params.tasks * together // len(shares))
    return sum(waited for waited, _, _ in shares)
