"""Ticks in the main interpreter; a warm second interpreter does the work, with its own GIL."""

import time
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from runner.interpreter_pool import warm_pool
from runner.work import Params, Probe
from workloads.heartbeat import background

TICK_NS = 10_000_000


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[tuple[list[background.Job], Executor]]:
    with background.make_jobs(params) as jobs, warm_pool(background.__name__, 1) as pool:
        yield jobs, pool


def run(params: Params, probe: Probe, prepared: tuple[list[background.Job], Executor]) -> int:
    ticks = 0
    jobs, pool = prepared
    start = time.perf_counter_ns()
    while ticks < params.ticks:
        ticks += 1
        due = start + ticks * TICK_NS
        time.sleep(max(0, due - time.perf_counter_ns()) / 1e9)
        probe.latency(time.perf_counter_ns() - due)
        if ticks == params.ticks // 5:
            futures = [pool.submit(job) for job in jobs]
    return ticks + all(future.result() for future in futures)
