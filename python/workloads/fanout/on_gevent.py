"""One greenlet per wait."""

import time

import gevent

from runner.work import Params, Probe

EARLY_NS = 1_000_000  # timers of some event loops count whole milliseconds


def run(params: Params, probe: Probe) -> int:
    waited = 0
    seconds = params.wait_ns / 1e9
    shortest_ns = params.wait_ns - EARLY_NS

    def wait() -> None:
        nonlocal waited
        start = time.perf_counter_ns()
        gevent.sleep(seconds)
        waited += time.perf_counter_ns() - start >= shortest_ns

    gevent.joinall([gevent.spawn(wait) for _ in range(params.tasks)], raise_error=True)
    return waited
