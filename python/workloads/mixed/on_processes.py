"""A warm ProcessPoolExecutor with a few processes, which wait and compute."""

import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from runner.models import START_METHOD
from runner.work import Params, Probe, most_at_once
from workloads.mixed.handling import Handled, Work, handle, plan_work, report

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


def request(work: Work) -> tuple[int, int, Handled]:
    # The monotonic clock is the same in every process, so the spans can be compared.
    start = time.monotonic_ns()
    time.sleep(work.wait_ns / 1e9)
    handled = handle(work, start)
    return start, time.monotonic_ns(), handled


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[tuple[Work, ProcessPoolExecutor]]:
    """Start every process: a pool starts another one only if none is idle."""
    work = plan_work(params)
    all_started = processes.Barrier(params.concurrency)
    with ProcessPoolExecutor(params.concurrency, processes, all_started.wait) as pool:
        for job in [pool.submit(request, work) for _ in range(4 * params.concurrency)]:
            job.result()
        yield work, pool


def run(params: Params, probe: Probe, prepared: tuple[Work, ProcessPoolExecutor]) -> int:
    work, pool = prepared
    done = list(pool.map(request, [work] * params.requests))
    most = most_at_once((start, end) for start, end, _ in done)
    return report(probe, params, [handled for _, _, handled in done], most)
