"""Ticks in this process; a warm second process does the work."""

import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

from runner.work import Params, Probe
from workloads.heartbeat import background

TICK_NS = 10_000_000


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[tuple[background.Job, ProcessPoolExecutor]]:
    with background.make_job(params) as job, background.warm_process_pool() as pool:
        yield job, pool


def run(params: Params, probe: Probe, prepared: tuple[background.Job, ProcessPoolExecutor]) -> int:
    ticks = 0
    job, pool = prepared
    start = time.perf_counter_ns()
    while ticks < params.ticks:
        ticks += 1
        due = start + ticks * TICK_NS
        time.sleep(max(0, due - time.perf_counter_ns()) / 1e9)
        probe.latency(time.perf_counter_ns() - due)
        if ticks == params.ticks // 5:
            future = pool.submit(job)
    return ticks + future.result()
