"""One greenlet per wait."""

import time

import gevent

from runner.work import Params, Probe

EARLY_NS = 1_000_000  # timers of some event loops count whole milliseconds


def run(params: Params, probe: Probe) -> int:
    waited = in_flight = most = 0
    seconds = params.wait_ns / 1e9
    shortest_ns = params.wait_ns - EARLY_NS

    def wait() -> None:
        nonlocal waited, in_flight, most
        in_flight += 1
        most = max(most, in_flight)
        start = time.perf_counter_ns()
        gevent.sleep(seconds)
        waited += time.perf_counter_ns() - start >= shortest_ns
        in_flight -= 1

    gevent.joinall([gevent.spawn(wait) for _ in range(params.tasks)], raise_error=True)
    probe.observe_least("in_flight", most)
    return waited
