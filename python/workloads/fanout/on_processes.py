"""One process per wait; a queue carries back from when to when it waited."""

import time
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue

from runner.models import START_METHOD
from runner.work import Params, Probe, most_at_once

EARLY_NS = 1_000_000  # timers of some event loops count whole milliseconds

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


def wait(wait_ns: int, results: SimpleQueue[tuple[int, int]]) -> None:
    # The monotonic clock is the same in every process, so the spans can be compared.
    start = time.monotonic_ns()
    time.sleep(wait_ns / 1e9)
    results.put((start, time.monotonic_ns()))


def run(params: Params, probe: Probe) -> int:
    results = processes.SimpleQueue()
    children = [
        processes.Process(target=wait, args=(params.wait_ns, results)) for _ in range(params.tasks)
    ]
    for child in children:
        child.start()
    spans = [results.get() for _ in children]
    for child in children:
        child.join()
    results.close()
    probe.observe_least("in_flight", most_at_once(spans))
    return sum(end - start >= params.wait_ns - EARLY_NS for start, end in spans)
