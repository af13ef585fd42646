"""One process per timer; a queue carries back how late each one fired."""

import time
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue

from runner.models import START_METHOD
from runner.work import Params, Probe

EARLY_NS = 3_000_000  # some event loops round both the clock and the delay to milliseconds

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


def timer(due_ns: int, results: SimpleQueue[int]) -> None:
    # The monotonic clock is the same in every process.
    time.sleep(max(0, due_ns - time.monotonic_ns()) / 1e9)
    results.put(time.monotonic_ns() - due_ns)


def run(params: Params, probe: Probe) -> int:
    fired = 0
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
        late_ns = results.get()
        probe.latency(max(0, late_ns))
        fired += late_ns >= -EARLY_NS
    for child in children:
        child.join()
    results.close()
    return fired
