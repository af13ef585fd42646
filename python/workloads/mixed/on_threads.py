"""A warm ThreadPoolExecutor with a few threads, which wait and compute."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier

from runner.work import Params, Probe, most_at_once
from workloads.mixed.handling import Handled, Work, handle, plan_work, report


def request(work: Work) -> tuple[int, int, Handled]:
    start = time.monotonic_ns()
    time.sleep(work.wait_ns / 1e9)
    handled = handle(work, start)
    return start, time.monotonic_ns(), handled


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[tuple[Work, ThreadPoolExecutor]]:
    """Start every thread: a pool starts another one only if none is idle."""
    work = plan_work(params)
    with ThreadPoolExecutor(params.concurrency) as pool:
        all_started = Barrier(params.concurrency)
        for job in [pool.submit(all_started.wait) for _ in range(params.concurrency)]:
            job.result()
        yield work, pool


def run(params: Params, probe: Probe, prepared: tuple[Work, ThreadPoolExecutor]) -> int:
    work, pool = prepared
    done = list(pool.map(request, [work] * params.requests))
    most = most_at_once((start, end) for start, end, _ in done)
    return report(probe, params, [handled for _, _, handled in done], most)
