"""One greenlet per timer."""

import time

import gevent

from runner.work import Params, Probe

EARLY_NS = 3_000_000  # some event loops round both the clock and the delay to milliseconds


def run(params: Params, probe: Probe) -> int:
    fired = in_time = 0
    timers, span_ns = params.timers, params.span_ns

    def timer(due_ns: int) -> None:
        nonlocal fired, in_time
        wait_ns = due_ns - time.perf_counter_ns()
        in_time += wait_ns > 0
        gevent.sleep(max(0, wait_ns) / 1e9)
        late_ns = time.perf_counter_ns() - due_ns
        probe.latency(late_ns)
        fired += late_ns >= -EARLY_NS

    first_ns = time.perf_counter_ns() + params.lead_ns
    greenlets = [
        gevent.spawn(timer, first_ns + k * 7_919 % timers * span_ns // timers)
        for k in range(timers)
    ]
    gevent.joinall(greenlets, raise_error=True)
    probe.observe_least("started_in_time", in_time)
    return fired
