"""A pool of greenlets, which starts a job only when there is room."""

import time

import gevent
from gevent.pool import Pool

from runner.proof import InFlight
from runner.work import Params, Probe
from workloads.bounded.jobs import observe, units_of

EARLY_NS = 1_000_000  # timers of some event loops count whole milliseconds


def run(params: Params, probe: Probe) -> int:
    done, in_flight = 0, InFlight()

    def work(units: int) -> None:
        nonlocal done
        with in_flight:
            start = time.perf_counter_ns()
            gevent.sleep(units * params.unit_ns / 1e9)
            if time.perf_counter_ns() - start >= units * params.unit_ns - EARLY_NS:
                done += units

    pool = Pool(params.limit)
    for job in range(params.jobs):
        pool.spawn(work, units_of(job))
    pool.join(raise_error=True)
    observe(probe, in_flight.most, params.limit)
    return done
