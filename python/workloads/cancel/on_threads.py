"""Threads that wait for one event, because a thread cannot be cancelled from outside."""

import time
from threading import Event, Thread

from runner.work import Params, Probe
from workloads.cancel.moment import HOUR_S, seconds_before, spin_until


def run(params: Params, probe: Probe) -> int:
    waiting: list[Event] = []  # append() is atomic, so no lock is needed
    cleaned: list[Event] = []
    stop = Event()

    def wait() -> None:
        waiting.append(stop)
        try:
            stop.wait(HOUR_S)
        finally:
            cleaned.append(stop)

    moment_ns = time.perf_counter_ns() + params.lead_ns
    threads = [Thread(target=wait) for _ in range(params.tasks)]
    for thread in threads:
        thread.start()
    time.sleep(seconds_before(moment_ns))
    probe.observe_least("waiting", len(waiting) - len(cleaned))
    spin_until(moment_ns)
    stop.set()
    for thread in threads:
        thread.join()
    probe.observe_least("cleaned", len(cleaned))
    return len(cleaned)
