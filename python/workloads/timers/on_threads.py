"""A thread a timer: started one by one, each asleep in the kernel until its moment."""

import time
from threading import Thread

from runner.work import Params, Probe

EARLY_NS = 3_000_000  # some loops count whole milliseconds, of the clock and of the delay


def run(params: Params, probe: Probe) -> int:
    timers, span_ns = params.timers, params.span_ns
    lates: list[int] = []  # appending is atomic, so no lock is needed

    def timer(due: int) -> None:
        time.sleep(max(0, due - time.perf_counter_ns()) / 1e9)
        lates.append(time.perf_counter_ns() - due)

    first = time.perf_counter_ns() + params.lead_ns
    threads = [
        Thread(target=timer, args=(first + k * 7_919 % timers * span_ns // timers,))
        for k in range(timers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for late in lates:
        probe.latency(max(0, late))
    return sum(late >= -EARLY_NS for late in lates)
