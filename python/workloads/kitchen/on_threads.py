"""A thread a dish: each blocks in the kernel until its dish is done."""

import time
from threading import Thread

from runner.work import Params, Probe, most_at_once

DISHES = (10, 3, 7)  # units of time
EARLY_NS = 1_000_000  # some loops' timers count whole milliseconds


def run(params: Params, probe: Probe) -> int:
    done: list[tuple[int, int, int]] = []

    def cook(units: int) -> None:
        start = time.perf_counter_ns()
        time.sleep(units * params.unit_ns / 1e9)
        done.append((units, start, time.perf_counter_ns()))

    cooks = [Thread(target=cook, args=(units,)) for units in DISHES]
    for thread in cooks:
        thread.start()
    for thread in cooks:
        thread.join()
    probe.observe("in_flight", most_at_once((start, end) for _, start, end in done))
    return sum(
        units for units, start, end in done if end - start >= units * params.unit_ns - EARLY_NS
    )
