"""One interpreter per dish, each with a thread; a queue carries the results back."""

import time
from concurrent import interpreters

from runner.work import Params, Probe, most_at_once

DISHES = (10, 3, 7)  # how many units of time each takes
EARLY_NS = 1_000_000  # timers of some event loops count whole milliseconds


def cook(units: int, unit_ns: int, results: interpreters.Queue) -> None:
    # The monotonic clock is the same in every interpreter, so the spans can be compared.
    start = time.monotonic_ns()
    time.sleep(units * unit_ns / 1e9)
    results.put((units, start, time.monotonic_ns()))


def run(params: Params, probe: Probe) -> int:
    results = interpreters.create_queue()
    cooks = [interpreters.create() for _ in DISHES]
    threads = [
        one.call_in_thread(cook, units, params.unit_ns, results)
        for one, units in zip(cooks, DISHES, strict=True)
    ]
    for thread in threads:
        thread.join()
    cooked = [results.get_nowait() for _ in DISHES]  # what a closed interpreter has put is lost
    for one in cooks:
        one.close()
    probe.observe_least("in_flight", most_at_once((start, end) for _, start, end in cooked))
    return sum(
        units for units, start, end in cooked if end - start >= units * params.unit_ns - EARLY_NS
    )
