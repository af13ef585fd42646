"""Threads and one threading.Lock, which a thread that has just released it may take again."""

import time
from threading import Lock, Thread

from runner.work import Params, Probe, most_at_once


def run(params: Params, probe: Probe) -> int:
    counter = 0
    lock = Lock()
    suspends = bool(params.suspensions)
    spans: list[tuple[int, int]] = []  # append() is atomic, so no lock is needed

    def count() -> None:
        nonlocal counter
        start = time.perf_counter_ns()
        for _ in range(params.increments):
            with lock:
                seen = counter
                if suspends:
                    time.sleep(0)  # gives up the GIL
                counter = seen + 1
        spans.append((start, time.perf_counter_ns()))

    threads = [Thread(target=count) for _ in range(params.tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    probe.observe_least("in_flight", most_at_once(spans))
    probe.observe("lost_updates", params.tasks * params.increments - counter)
    return counter
