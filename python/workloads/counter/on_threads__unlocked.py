"""Threads without a lock: whoever writes late undoes what others wrote meanwhile."""

import time
from threading import Thread

from runner.work import Params, Probe, most_at_once


def run(params: Params, probe: Probe) -> int:
    counter = 0
    suspends = bool(params.suspensions)
    done: list[int] = []  # append() is atomic, so no lock is needed
    spans: list[tuple[int, int]] = []

    def count() -> None:
        nonlocal counter
        start = time.perf_counter_ns()
        mine = 0
        for _ in range(params.increments):
            seen = counter
            if suspends:
                time.sleep(0)  # gives up the GIL
            counter = seen + 1
            mine += 1
        done.append(mine)
        spans.append((start, time.perf_counter_ns()))

    threads = [Thread(target=count) for _ in range(params.tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lost = sum(done) - counter
    probe.observe_least("in_flight", most_at_once(spans))
    probe.observe("lost_updates", lost)
    return counter + lost
