"""Interpreters and a counter in shared memory; a queue with one value is the lock.

Who has taken the value out holds the lock. Who finds none looks again after 10 ms.
"""

import os
import time
from concurrent import interpreters
from contextlib import AbstractContextManager

from runner.interpreter_pool import crew
from runner.work import Params, Probe, most_at_once

Crew = list[interpreters.Interpreter]


def count(
    counter: memoryview,
    lock: interpreters.Queue,
    increments: int,
    suspensions: int,
    spans: interpreters.Queue,
) -> None:
    # The monotonic clock is the same in every interpreter, so the spans can be compared.
    start = time.monotonic_ns()
    for _ in range(increments):
        lock.get()
        seen = counter[0]
        if suspensions:
            os.sched_yield()
        counter[0] = seen + 1
        lock.put(None)
    spans.put((start, time.monotonic_ns()))


def prepare(params: Params, probe: Probe) -> AbstractContextManager[Crew]:
    return crew(__name__, params.tasks)


def run(params: Params, probe: Probe, counters: Crew) -> int:
    counter = memoryview(bytearray(8)).cast("q")
    lock, spans = interpreters.create_queue(), interpreters.create_queue()
    lock.put(None)
    threads = [
        one.call_in_thread(count, counter, lock, params.increments, params.suspensions, spans)
        for one in counters[: params.tasks]
    ]
    for thread in threads:
        thread.join()
    probe.observe_least("in_flight", most_at_once(spans.get_nowait() for _ in threads))
    probe.observe("lost_updates", params.tasks * params.increments - counter[0])
    return counter[0]
