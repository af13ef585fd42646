"""One interpreter per operation, which waits for an event of its own with a timeout.

The timeout of a queue of interpreters counts whole seconds only.
"""

import time
from concurrent import interpreters
from threading import Event

from runner.work import Params, Probe

EARLY_NS = 3_000_000  # some event loops round both the clock and the delay to milliseconds


def limited(due_ns: int, results: interpreters.Queue) -> None:
    # The monotonic clock is the same in every interpreter.
    wait_ns = due_ns - time.monotonic_ns()
    is_set = Event().wait(max(0, wait_ns) / 1e9)
    results.put((wait_ns, time.monotonic_ns() - due_ns, is_set))


def run(params: Params, probe: Probe) -> int:
    landed = in_time = 0
    operations, span_ns = params.operations, params.span_ns
    results = interpreters.create_queue()
    first_ns = time.monotonic_ns() + params.lead_ns
    children = [interpreters.create() for _ in range(operations)]
    threads = [
        child.call_in_thread(
            limited, first_ns + k * 7_919 % operations * span_ns // operations, results
        )
        for k, child in enumerate(children)
    ]
    for thread in threads:
        thread.join()
    for _ in children:
        wait_ns, late_ns, is_set = results.get_nowait()
        in_time += wait_ns > 0
        probe.latency(late_ns)
        landed += not is_set and late_ns >= -EARLY_NS
    for child in children:
        child.close()
    probe.observe_least("started_in_time", in_time)
    return landed
