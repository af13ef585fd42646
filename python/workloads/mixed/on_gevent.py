"""A few greenlets handle the requests, and compute in the thread of the hub."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import gevent

from runner.proof import InFlight
from runner.work import Params, Probe
from workloads.mixed.handling import Work, handle, plan_work, report


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Work]:
    yield plan_work(params)


def run(params: Params, probe: Probe, work: Work) -> int:
    handled, in_flight = [], InFlight()
    pending = iter(range(params.requests))

    def worker() -> None:
        for _ in pending:
            with in_flight:
                start = time.monotonic_ns()
                gevent.sleep(work.wait_ns / 1e9)
                handled.append(handle(work, start))

    greenlets = [gevent.spawn(worker) for _ in range(params.concurrency)]
    gevent.joinall(greenlets, raise_error=True)
    return report(probe, params, handled, in_flight.most)
