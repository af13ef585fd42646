"""One interpreter per timer, each with a thread; a queue carries back how late each one fired."""

import time
from concurrent import interpreters

from runner.work import Params, Probe

EARLY_NS = 3_000_000  # some event loops round both the clock and the delay to milliseconds


def timer(due_ns: int, results: interpreters.Queue) -> None:
    # The monotonic clock is the same in every interpreter.
    wait_ns = due_ns - time.monotonic_ns()
    time.sleep(max(0, wait_ns) / 1e9)
    results.put((wait_ns, time.monotonic_ns() - due_ns))


def run(params: Params, probe: Probe) -> int:
    fired = in_time = 0
    timers, span_ns = params.timers, params.span_ns
    results = interpreters.create_queue()
    first_ns = time.monotonic_ns() + params.lead_ns
    children = [interpreters.create() for _ in range(timers)]
    threads = [
        child.call_in_thread(timer, first_ns + k * 7_919 % timers * span_ns // timers, results)
        for k, child in enumerate(children)
    ]
    for thread in threads:
        thread.join()
    for _ in children:
        wait_ns, late_ns = results.get_nowait()
        in_time += wait_ns > 0
        probe.latency(late_ns)
        fired += late_ns >= -EARLY_NS
    for child in children:
        child.close()
    probe.observe_least("started_in_time", in_time)
    return fired
