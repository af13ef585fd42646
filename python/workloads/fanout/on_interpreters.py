"""One interpreter per wait, each with a thread; a queue carries back when each one waited."""

import time
from concurrent import interpreters

from runner.work import Params, Probe, most_at_once

EARLY_NS = 1_000_000  # timers of some event loops count whole milliseconds


def wait(wait_ns: int, results: interpreters.Queue) -> None:
    # The monotonic clock is the same in every interpreter, so the spans can be compared.
    start = time.monotonic_ns()
    time.sleep(wait_ns / 1e9)
    results.put((start, time.monotonic_ns()))


def run(params: Params, probe: Probe) -> int:
    results = interpreters.create_queue()
    children = [interpreters.create() for _ in range(params.tasks)]
    threads = [child.call_in_thread(wait, params.wait_ns, results) for child in children]
    for thread in threads:
        thread.join()
    spans = [results.get_nowait() for _ in children]  # what a closed interpreter has put is lost
    for child in children:
        child.close()
    probe.observe_least("in_flight", most_at_once(spans))
    return sum(end - start >= params.wait_ns - EARLY_NS for start, end in spans)
