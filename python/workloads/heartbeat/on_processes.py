"""Ticks in this process; a warm second process does the work."""

import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

from runner.work import Params, Probe
from workloads.heartbeat import background

TICK_NS = 10_000_000


@contextmanager
def prepare(
    params: Params, probe: Probe
) -> Iterator[tuple[list[background.Job], ProcessPoolExecutor]]:
    with background.make_jobs(params) as jobs, background.warm_process_pool() as pool:
        yield jobs, pool


def run(
    params: Params, probe: Probe, prepared: tuple[list[background.Job], ProcessPoolExecutor]
) -> int:
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
