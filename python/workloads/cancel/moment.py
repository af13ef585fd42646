"""The moment of the cancellation, the same in every model."""

import time

HOUR_S = 3_600  # how long a task would wait if nothing cancelled it
SPIN_NS = 2_000_000  # the timers of some event loops are that inexact


def seconds_before(moment_ns: int) -> float:
    """Return how long to sleep, by the model's own means, before `spin_until(moment_ns)`."""
    return max(0, moment_ns - SPIN_NS - time.perf_counter_ns()) / 1e9


def spin_until(moment_ns: int) -> None:
    """Wait actively: a sleep that ends late would count as slow cancellation."""
    while time.perf_counter_ns() < moment_ns:
        pass
