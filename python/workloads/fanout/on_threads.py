"""One thread per wait, all alive at once."""

import time
from threading import Thread

from runner.work import Params, Probe, most_at_once

EARLY_NS = 1_000_000  # timers of some event loops count whole milliseconds


def run(params: Params, probe: Probe) -> int:
    spans: list[tuple[int, int]] = []  # append() is atomic, so no lock is needed
    seconds = params.wait_ns / 1e9

    def wait() -> None:
        start = time.perf_counter_ns()
        time.sleep(seconds)
        spans.append((start, time.perf_counter_ns()))

    threads = [Thread(target=wait) for _ in range(params.tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    probe.observe_least("in_flight", most_at_once(spans))
    return sum(end - start >= params.wait_ns - EARLY_NS for start, end in spans)
