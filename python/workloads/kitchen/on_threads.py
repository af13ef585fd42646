"""One thread per dish, which blocks in the kernel until the dish is done."""

import time
from threading import Thread

from runner.work import Params, Probe, most_at_once

DISHES = (10, 3, 7)  # how many units of time each takes
EARLY_NS = 1_000_000  # timers of some event loops count whole milliseconds


def run(params: Params, probe: Probe) -> int:
    cooked: list[tuple[int, int, int]] = []

    def cook(units: int) -> None:
        start = time.perf_counter_ns()
        time.sleep(units * params.unit_ns / 1e9)
        cooked.append((units, start, time.perf_counter_ns()))

    threads = [Thread(target=cook, args=(units,)) for units in DISHES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    probe.observe_least("in_flight", most_at_once((start, end) for _, start, end in cooked))
    return sum(
        units for units, start, end in cooked if end - start >= units * params.unit_ns - EARLY_NS
    )
