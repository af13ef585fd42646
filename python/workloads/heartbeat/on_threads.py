"""Ticks in the main thread, the work in another that is started for it."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

from runner.work import Params, Probe
from workloads.heartbeat import beside

TICK_NS = 10_000_000


def prepare(params: Params, probe: Probe) -> AbstractContextManager[beside.Job]:
    return beside.job_of(params)


def run(params: Params, probe: Probe, job: beside.Job) -> int:
    ticks = 0
    with ThreadPoolExecutor(max_workers=1) as pool:
        start = time.perf_counter_ns()
        while ticks < params.ticks:
            ticks += 1
            due = start + ticks * TICK_NS
            time.sleep(max(0, due - time.perf_counter_ns()) / 1e9)
            probe.latency(max(0, time.perf_counter_ns() - due))
            if ticks == params.ticks // 5:
                working = pool.submit(job)
    return ticks + working.result()
