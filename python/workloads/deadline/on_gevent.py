"""Each operation runs in the block of a gevent.Timeout."""

import time

import gevent
from gevent.event import Event

from runner.work import Params, Probe

EARLY_NS = 3_000_000  # some event loops round both the clock and the delay to milliseconds


def run(params: Params, probe: Probe) -> int:
    landed = in_time = 0
    operations, span_ns = params.operations, params.span_ns
    ended: set[int] = set()

    def operation(due_ns: int) -> None:
        try:
            Event().wait()
        finally:
            ended.add(due_ns)

    def limited(due_ns: int) -> None:
        nonlocal landed, in_time
        wait_ns = due_ns - time.perf_counter_ns()
        in_time += wait_ns > 0
        try:
            with gevent.Timeout(max(0, wait_ns) / 1e9):
                operation(due_ns)
        except gevent.Timeout:
            late_ns = time.perf_counter_ns() - due_ns
            probe.latency(late_ns)
            landed += due_ns in ended and late_ns >= -EARLY_NS

    first_ns = time.perf_counter_ns() + params.lead_ns
    greenlets = [
        gevent.spawn(limited, first_ns + k * 7_919 % operations * span_ns // operations)
        for k in range(operations)
    ]
    gevent.joinall(greenlets, raise_error=True)
    probe.observe_least("started_in_time", in_time)
    return landed
