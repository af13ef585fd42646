"""Ticks in this process, the work in another that is warm."""

import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

from runner.work import Params, Probe
from workloads.heartbeat import beside

TICK_NS = 10_000_000


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[tuple[beside.Job, ProcessPoolExecutor]]:
    with beside.job_of(params) as job, beside.warm_process() as pool:
        yield job, pool


def run(params: Params, probe: Probe, prepared: tuple[beside.Job, ProcessPoolExecutor]) -> int:
    ticks = 0
    job, pool = prepared
    start = time.perf_counter_ns()
    while ticks < params.ticks:
        ticks += 1
        due = start + ticks * TICK_NS
        time.sleep(max(0, due - time.perf_counter_ns()) / 1e9)
        probe.latency(max(0, time.perf_counter_ns() - due))
        if ticks == params.ticks // 5:
            working = pool.submit(job)
    return ticks + working.result()
