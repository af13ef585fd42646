"""Tasks on several loops and one threading.Lock, which no task may hold while it awaits.

A task of the same loop that wanted the lock would block the loop, and so the task that holds it.
"""

import asyncio
import time
from asyncio import AbstractEventLoop
from contextlib import AbstractContextManager
from threading import Lock

from runner.loops import run_on_each, running
from runner.work import Params, Probe, most_at_once


def prepare(params: Params, probe: Probe) -> AbstractContextManager[list[AbstractEventLoop]]:
    return running(max(1, min(params.tasks, 2)))


def give_up_gil() -> None:
    time.sleep(0)  # lets the other loops run, but not the other tasks of this one


def run(params: Params, probe: Probe, loops: list[AbstractEventLoop]) -> int:
    counter = 0
    lock = Lock()
    suspends = bool(params.suspensions)
    spans: list[tuple[int, int]] = []  # append() is atomic, so no lock is needed

    async def count() -> None:
        nonlocal counter
        start = time.perf_counter_ns()
        for _ in range(params.increments):
            with lock:
                seen = counter
                if suspends:
                    give_up_gil()
                counter = seen + 1
        spans.append((start, time.perf_counter_ns()))

    async def count_share(first: int) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(first, params.tasks, len(loops)):
                group.create_task(count())

    run_on_each(loops, count_share)
    probe.observe_least("in_flight", most_at_once(spans))
    probe.observe("lost_updates", params.tasks * params.increments - counter)
    return counter
