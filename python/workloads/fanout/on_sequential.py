"""One wait after the other, each with a blocking sleep."""

import time

from runner.work import Params, Probe

EARLY_NS = 1_000_000  # timers of some event loops count whole milliseconds


def run(params: Params, probe: Probe) -> int:
    waited = 0
    for _ in range(params.tasks):
        start = time.perf_counter_ns()
        time.sleep(params.wait_ns / 1e9)
        waited += time.perf_counter_ns() - start >= params.wait_ns - EARLY_NS
    probe.observe("in_flight", 1)
    return waited
