"""A warm InterpreterPoolExecutor with a few interpreters, which wait and compute."""

import time
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from runner.interpreter_pool import warm_pool
from runner.work import Params, Probe, most_at_once
from workloads.mixed.handling import Handled, Work, handle, plan_work, report


def request(work: Work) -> tuple[int, int, Handled]:
    # The monotonic clock is the same in every interpreter, so the spans can be compared.
    start = time.monotonic_ns()
    time.sleep(work.wait_ns / 1e9)
    handled = handle(work, start)
    return start, time.monotonic_ns(), handled


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[tuple[Work, Executor]]:
    work = plan_work(params)
    with warm_pool(__name__, params.concurrency) as pool:
        for job in [pool.submit(request, work) for _ in range(4 * params.concurrency)]:
            job.result()
        yield work, pool


def run(params: Params, probe: Probe, prepared: tuple[Work, Executor]) -> int:
    work, pool = prepared
    done = list(pool.map(request, [work] * params.requests))
    most = most_at_once((start, end) for start, end, _ in done)
    return report(probe, params, [handled for _, _, handled in done], most)
