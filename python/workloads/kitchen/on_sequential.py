"""One dish after the other: the cook waits beside each pot."""

import time

from runner.work import Params, Probe, most_at_once

DISHES = (10, 3, 7)  # units of time
EARLY_NS = 1_000_000  # some loops' timers count whole milliseconds


def run(params: Params, probe: Probe) -> int:
    served, spans = 0, []
    for units in DISHES:
        start = time.perf_counter_ns()
        time.sleep(units * params.unit_ns / 1e9)
        end = time.perf_counter_ns()
        served += units if end - start >= units * params.unit_ns - EARLY_NS else 0
        spans.append((start, end))
    probe.observe("in_flight", most_at_once(spans))
    return served
