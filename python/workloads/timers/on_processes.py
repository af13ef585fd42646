"""One process per timer; a queue carries back how late each one fired."""

import time
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue

from runner.models import START_METHOD
from runner.work import Params, Probe

EARLY_NS = 3_000_000  # some event loops round both the clock and the delay to milliseconds

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


def timer(due_ns: int, results: SimpleQueue[tuple[int, int]]) -> None:
    # The monotonic clock is the same in every process.
    wait_ns = due_ns - time.monotonic_ns()
    time.sleep(max(0, wait_ns) / 1e9)
    results.put((wait_ns, time.monotonic_ns() - due_ns))


def run(params: Params, probe: Probe) -> int:
    fired = in_time = 0
    timers, span_ns = params.timers, params.span_ns
    results = processes.SimpleQueue()
    first_ns = time.monotonic_ns() + params.lead_ns
    children = [
        processes.Process(
            target=timer, args=(first_ns + k * 7_919 % timers * span_ns // timers, results)
        )
        for k in range(timers)
    ]
    for child in children:
        child.start()
    for _ in children:
        wait_ns, late_ns = results.get()
        in_time += wait_ns > 0
        probe.latency(late_ns)
        fired += late_ns >= -EARLY_NS
    for child in children:
        child.join()
    results.close()
    probe.observe_least("started_in_time", in_time)
    return fired
