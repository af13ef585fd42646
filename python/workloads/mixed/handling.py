"""The CPU part of a request, the same loop in every language, and proof of what was done."""

import time
from collections.abc import Sequence
from typing import NamedTuple

from runner.work import Params, Probe

EARLY_NS = 1_000_000  # timers of some event loops count whole milliseconds
STEPS_PER_MS = 12_500  # of CPU time in CPython 3.11, on the machine of the reference run


class Work(NamedTuple):
    """What each request has to do."""

    wait_ns: int
    steps: int  # of `compute`
    value: int  # what `compute(steps)` returns


class Handled(NamedTuple):
    """What was done for one request."""

    correct: bool  # it waited long enough, and computed the right value
    cpu_ns: int
    start_ns: int
    end_ns: int


def compute(steps: int) -> int:
    value = 1
    for _ in range(steps):
        value = (value * 1_103_515_245 + 12_345) % 2_147_483_648
    return value


def plan_work(params: Params) -> Work:
    """Return what each request has to do: the same number of steps in every process."""
    steps = params.busy_ns * STEPS_PER_MS // 1_000_000
    return Work(params.wait_ns, steps, compute(steps))


def handle(work: Work, start_ns: int) -> Handled:
    """Compute for a request whose wait began at `start_ns`, on the monotonic clock."""
    waited = time.monotonic_ns() - start_ns >= work.wait_ns - EARLY_NS
    cpu_ns = time.thread_time_ns()
    value = compute(work.steps)
    cpu_ns = time.thread_time_ns() - cpu_ns
    return Handled(waited and value == work.value, cpu_ns, start_ns, time.monotonic_ns())


def brought_back(handled: Handled) -> Handled:
    """Return what another thread or process handled, with the way back in its time."""
    return handled._replace(end_ns=time.monotonic_ns())


def report(probe: Probe, params: Params, handled: Sequence[Handled], most: int) -> int:
    """Report the requests in flight, the CPU time and the latency of each.

    Returns how many are correct.
    """
    for latency_ns in latencies_ns(handled, params.concurrency):
        probe.latency(latency_ns)
    probe.observe_least("in_flight", most)
    probe.observe("above_limit", max(0, most - params.concurrency))
    cpu_ns = sum(one.cpu_ns for one in handled)
    probe.observe_least("used_ns", cpu_ns // params.requests)
    return sum(one.correct for one in handled)


def latencies_ns(handled: Sequence[Handled], at_a_time: int) -> list[int]:
    """Return how long each request took since it could begin, in the order in which they began.

    The first ones could begin at once, and each further one when another was done. So the time in
    which a model does not get to begin a request counts too.
    """
    started = sorted(handled, key=lambda one: one.start_ns)
    ends = sorted(one.end_ns for one in handled)
    could_begin = [started[0].start_ns] * at_a_time + ends
    return [one.end_ns - since for one, since in zip(started, could_begin, strict=False)]
