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


def compute(steps: int) -> int:
    value = 1
    for _ in range(steps):
        value = (value * 1_103_515_245 + 12_345) % 2_147_483_648
    return value


def plan_work(params: Params) -> Work:
    """Return what each request has to do: the same number of steps in every process."""
    steps = max(1, params.busy_ns * STEPS_PER_MS // 1_000_000)
    return Work(params.wait_ns, steps, compute(steps))


def handle(work: Work, start_ns: int) -> Handled:
    """Compute for a request whose wait began at `start_ns`, on the monotonic clock."""
    waited = time.monotonic_ns() - start_ns >= work.wait_ns - EARLY_NS
    cpu_ns = time.thread_time_ns()
    value = compute(work.steps)
    return Handled(waited and value == work.value, time.thread_time_ns() - cpu_ns)


class InFlight:
    """Counts the requests that are in flight: `with in_flight:` around each one."""

    __slots__ = ("most", "now")

    def __init__(self) -> None:
        self.now = self.most = 0

    def __enter__(self) -> None:
        self.now += 1
        self.most = max(self.most, self.now)

    def __exit__(self, *_: object) -> None:
        self.now -= 1


def report(probe: Probe, params: Params, handled: Sequence[Handled], most: int) -> int:
    """Report the requests in flight and the CPU time of each; return how many are correct."""
    probe.observe_least("in_flight", most)
    probe.observe("above_limit", max(0, most - params.concurrency))
    cpu_ns = sum(one.cpu_ns for one in handled)
    probe.observe_least("used_ns", cpu_ns // params.requests)
    return sum(one.correct for one in handled)
