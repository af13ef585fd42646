"""One job per wait for a warm ThreadPoolExecutor with a thread for each."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier

from runner.work import Params, Probe, most_at_once

EARLY_NS = 1_000_000  # timers of some event loops count whole milliseconds


def wait(wait_ns: int) -> tuple[int, int]:
    start = time.perf_counter_ns()
    time.sleep(wait_ns / 1e9)
    return start, time.perf_counter_ns()


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[ThreadPoolExecutor]:
    """Start every thread: a pool starts another one only if none is idle."""
    with ThreadPoolExecutor(params.tasks) as pool:
        all_started = Barrier(params.tasks)
        for job in [pool.submit(all_started.wait) for _ in range(params.tasks)]:
            job.result()
        yield pool


def run(params: Params, probe: Probe, pool: ThreadPoolExecutor) -> int:
    spans = list(pool.map(wait, [params.wait_ns] * params.tasks))
    probe.observe_least("in_flight", most_at_once(spans))
    return sum(end - start >= params.wait_ns - EARLY_NS for start, end in spans)
