"""A process a timer; each hands back how late it went off through a queue.

The clock is the machine's monotonic one, so that moments mean the same in every process.
"""

import time
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue

from runner.models import START_METHOD
from runner.work import Params, Probe

EARLY_NS = 3_000_000  # some loops count whole milliseconds, of the clock and of the delay

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


def timer(due: int, lates: SimpleQueue[int]) -> None:
    time.sleep(max(0, due - time.monotonic_ns()) / 1e9)
    lates.put(time.monotonic_ns() - due)


def run(params: Params, probe: Probe) -> int:
    gone_off = 0
    timers, span_ns = params.timers, params.span_ns
    lates = processes.SimpleQueue()
    first = time.monotonic_ns() + params.lead_ns
    children = [
        processes.Process(
            target=timer, args=(first + k * 7_919 % timers * span_ns // timers, lates)
        )
        for k in range(timers)
    ]
    for child in children:
        child.start()
    for _ in children:
        late = lates.get()
        probe.latency(max(0, late))
        gone_off += late >= -EARLY_NS
    for child in children:
        child.join()
    lates.close()
    return gone_off
