"""One process per dish; a queue carries the results back."""

import time
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue

from runner.models import START_METHOD
from runner.work import Params, Probe, most_at_once

DISHES = (10, 3, 7)  # how many units of time each takes
EARLY_NS = 1_000_000  # timers of some event loops count whole milliseconds

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


def cook(units: int, unit_ns: int, results: SimpleQueue[tuple[int, int, int]]) -> None:
    # The monotonic clock is the same in every process, so the spans can be compared.
    start = time.monotonic_ns()
    time.sleep(units * unit_ns / 1e9)
    results.put((units, start, time.monotonic_ns()))


def run(params: Params, probe: Probe) -> int:
    results = processes.SimpleQueue()
    children = [
        processes.Process(target=cook, args=(units, params.unit_ns, results)) for units in DISHES
    ]
    for child in children:
        child.start()
    cooked = [results.get() for _ in children]
    for child in children:
        child.join()
    results.close()
    probe.observe_least("in_flight", most_at_once((start, end) for _, start, end in cooked))
    return sum(
        units for units, start, end in cooked if end - start >= units * params.unit_ns - EARLY_NS
    )
