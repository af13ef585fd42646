"""Three greenlets."""

import time

import gevent

from runner.work import Params, Probe, most_at_once

DISHES = (10, 3, 7)  # how many units of time each takes
EARLY_NS = 1_000_000  # timers of some event loops count whole milliseconds


def run(params: Params, probe: Probe) -> int:
    served = 0  # units of time
    spans = []

    def cook(units: int) -> None:
        nonlocal served
        start = time.perf_counter_ns()
        gevent.sleep(units * params.unit_ns / 1e9)
        end = time.perf_counter_ns()
        spans.append((start, end))
        if end - start >= units * params.unit_ns - EARLY_NS:
            served += units

    gevent.joinall([gevent.spawn(cook, units) for units in DISHES], raise_error=True)
    probe.observe_least("in_flight", most_at_once(spans))
    return served
