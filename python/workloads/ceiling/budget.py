"""How far the number of waiting tasks may grow, and what stops it. The same for every model."""

import time
from pathlib import Path

from runner.work import Params, Probe, Unsupported

NEAR = 1.05  # no other step is worth it if only 5% more would fit
CAUTION = 0.25  # of the room that is left, because tasks cost more the more there are


class Budget:
    """The time to start tasks in, the memory that all may hold, and how many are allowed."""

    def __init__(self, params: Params, probe: Probe, allowed: int | None = None) -> None:
        _check_free_memory(params.memory_bytes)
        self._params, self._probe = params, probe
        self._allowed = params.at_most if allowed is None else min(params.at_most, allowed)
        self._spent_ns = 0
        self._resumed_ns = time.perf_counter_ns()

    def grow(self, waiting: int) -> int:
        """Return how many tasks should wait next; no more than now if something stops them.

        `waiting` tasks wait now. They count if the budgets were enough.
        """
        self._spent_ns += time.perf_counter_ns() - self._resumed_ns
        held = self._probe.parked(waiting)
        time_room = self._params.time_ns / max(1, self._spent_ns)
        room = min(time_room, self._params.memory_bytes / max(1, held))
        self._probe.observe("most", waiting if room >= 1 else 0)
        self._probe.observe("spent_ns", self._spent_ns)
        self._probe.observe("held_bytes", held)
        self._probe.observe_least("allowed", self._allowed)
        self._resumed_ns = time.perf_counter_ns()  # reading the memory takes none of the time
        if room < NEAR:
            return waiting
        factor = min(2.0, 1 + CAUTION * (room - 1))
        return min(self._allowed, max(waiting + 1, int(waiting * factor)))

    def is_over(self) -> bool:
        """Return whether the time is over."""
        now_ns = time.perf_counter_ns()
        return self._spent_ns + now_ns - self._resumed_ns > self._params.time_ns

    def refuse(self, started: int) -> None:
        """Note that the system allows no more than have started."""
        self._allowed = started


def _check_free_memory(wanted: int) -> None:
    """Raise Unsupported unless twice the budget is free: nothing else may run out of memory."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        raise Unsupported("this system does not report its free memory") from None
    sizes = dict(line.split(":", 1) for line in lines)
    free = int(sizes["MemAvailable"].split()[0]) * 1024
    if free < 2 * wanted:
        raise Unsupported(
            f"free memory: found {free >> 20:,} MiB, expected at least {2 * wanted >> 20:,} MiB,"
            " twice the budget"
        )
