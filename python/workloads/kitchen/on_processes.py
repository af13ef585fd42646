"""A process a dish; each hands its result back through a queue.

The clock is the machine's monotonic one, so that moments taken in different processes compare.
"""

import time
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue

from runner.models import START_METHOD
from runner.work import Params, Probe, most_at_once

DISHES = (10, 3, 7)  # units of time
EARLY_NS = 1_000_000  # some loops' timers count whole milliseconds

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


def cook(units: int, unit_ns: int, done: SimpleQueue[tuple[int, int, int]]) -> None:
    start = time.monotonic_ns()
    time.sleep(units * unit_ns / 1e9)
    done.put((units, start, time.monotonic_ns()))


def run(params: Params, probe: Probe) -> int:
    served = processes.SimpleQueue()
    cooks = [processes.Process(target=cook, args=(u, params.unit_ns, served)) for u in DISHES]
    for process in cooks:
        process.start()
    done = [served.get() for _ in cooks]
    for process in cooks:
        process.join()
    served.close()
    probe.observe("in_flight", most_at_once((start, end) for _, start, end in done))
    return sum(
        units for units, start, end in done if end - start >= units * params.unit_ns - EARLY_NS
    )
