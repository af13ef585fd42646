"""Threads of asyncio's pool and one threading.Lock: an asyncio.Lock is not safe between threads."""

import asyncio
import time
from threading import Lock

from runner.work import Params, Probe, most_at_once


async def run(params: Params, probe: Probe) -> int:
    counter = 0
    lock = Lock()
    suspends = bool(params.suspensions)

    def count() -> tuple[int, int]:
        nonlocal counter
        start = time.perf_counter_ns()
        for _ in range(params.increments):
            with lock:
                seen = counter
                if suspends:
                    time.sleep(0)  # gives up the GIL
                counter = seen + 1
        return start, time.perf_counter_ns()

    async with asyncio.TaskGroup() as group:
        jobs = [group.create_task(asyncio.to_thread(count)) for _ in range(params.tasks)]
    probe.observe_least("in_flight", most_at_once(job.result() for job in jobs))
    probe.observe("lost_updates", params.tasks * params.increments - counter)
    return counter
