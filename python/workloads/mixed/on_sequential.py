"""One request after the other."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from runner.work import Params, Probe
from workloads.mixed.handling import Work, handle, plan_work, report


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Work]:
    yield plan_work(params)


def run(params: Params, probe: Probe, work: Work) -> int:
    handled = []
    for _ in range(params.requests):
        start = time.monotonic_ns()
        time.sleep(work.wait_ns / 1e9)
        handled.append(handle(work, start))
    return report(probe, params, handled, most=1)
