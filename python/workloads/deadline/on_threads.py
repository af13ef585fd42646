"""One thread per operation, which waits for an event with a timeout."""

import time
from threading import Event, Thread

from runner.work import Params, Probe

EARLY_NS = 3_000_000  # some event loops round both the clock and the delay to milliseconds


def run(params: Params, probe: Probe) -> int:
    operations, span_ns = params.operations, params.span_ns
    waits_ns: list[int] = []  # append() is atomic, so no lock is needed
    lateness_ns: list[int] = []

    def limited(due_ns: int) -> None:
        wait_ns = due_ns - time.perf_counter_ns()
        waits_ns.append(wait_ns)
        if not Event().wait(max(0, wait_ns) / 1e9):
            lateness_ns.append(time.perf_counter_ns() - due_ns)

    first_ns = time.perf_counter_ns() + params.lead_ns
    threads = [
        Thread(target=limited, args=(first_ns + k * 7_919 % operations * span_ns // operations,))
        for k in range(operations)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for late_ns in lateness_ns:
        probe.latency(late_ns)
    probe.observe_least("started_in_time", sum(wait_ns > 0 for wait_ns in waits_ns))
    return sum(late_ns >= -EARLY_NS for late_ns in lateness_ns)
