"""Ticks in the main thread; a second thread does the work."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

from runner.work import Params, Probe
from workloads.heartbeat import background

TICK_NS = 10_000_000


def prepare(params: Params, probe: Probe) -> AbstractContextManager[list[background.Job]]:
    return background.make_jobs(params)


def run(params: Params, probe: Probe, jobs: list[background.Job]) -> int:
    ticks = 0
    with ThreadPoolExecutor(max_workers=1) as pool:
        start = time.perf_counter_ns()
        while ticks < params.ticks:
            ticks += 1
            due = start + ticks * TICK_NS
            time.sleep(max(0, due - time.perf_counter_ns()) / 1e9)
            probe.latency(time.perf_counter_ns() - due)
            if ticks == params.ticks // 5:
                futures = [pool.submit(job) for job in jobs]
    return ticks + all(future.result() for future in futures)
