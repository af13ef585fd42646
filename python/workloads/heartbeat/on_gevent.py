"""Ticks in the main greenlet; another greenlet does the work or offloads it."""

import time
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager, nullcontext

import gevent

from runner.work import Params, Probe
from workloads.heartbeat import background

TICK_NS = 10_000_000

Prepared = tuple[list[background.Job], Executor | None]


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Prepared]:
    uses_process = params.text("on") == "process"
    with (
        background.make_jobs(params) as jobs,
        background.warm_process_pool() if uses_process else nullcontext() as pool,
    ):
        yield jobs, pool


def run(params: Params, probe: Probe, prepared: Prepared) -> int:
    ticks = 0
    jobs, pool = prepared
    threads = gevent.get_hub().threadpool

    def work() -> bool:
        match params.text("on"):
            case "thread":
                return all(threads.apply(job) for job in jobs)
            case "process":
                return all(threads.apply(pool.submit(job).result) for job in jobs)
            case _:
                return all(job() for job in jobs)

    start = time.perf_counter_ns()
    while ticks < params.ticks:
        ticks += 1
        due = start + ticks * TICK_NS
        gevent.sleep(max(0, due - time.perf_counter_ns()) / 1e9)
        probe.latency(time.perf_counter_ns() - due)
        if ticks == params.ticks // 5:
            worker = gevent.spawn(work)
    return ticks + worker.get()
