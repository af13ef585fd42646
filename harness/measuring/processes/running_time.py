"""Time that passes only while this process runs.

A process can be stopped (Ctrl-Z, SIGSTOP, a paused container), and a machine can be suspended.
This clock is read several times per second, so a long gap between two readings means that this
process stood still. Such a gap does not count against a child's timeout.
"""

from __future__ import annotations

import time

_LONGEST_GAP_S = 2.0  # eight times the usual one: a busy machine delays, but not that long


class RunningTime:
    """A stopwatch that leaves out the time in which this process stood still."""

    def __init__(self) -> None:
        self._seen_s = _read_clock()
        self._ran_s = 0.0
        self.stood_still_s = 0.0
        self.child_stopped_s = 0.0  # while this process ran

    def read(self, *, is_stopped: bool = False) -> float:
        """Return for how many seconds this process has run since the start.

        If the child whose time this is is stopped, the time since the last reading does not count.
        """
        now = _read_clock()
        gap, self._seen_s = now - self._seen_s, now
        if gap > _LONGEST_GAP_S:
            self.stood_still_s += gap
        elif is_stopped:
            self.child_stopped_s += gap
        else:
            self._ran_s += gap
        return self._ran_s


class Budget:
    """The time that a run may take. A standstill, once it was noticed, does not count."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.begin()

    def begin(self) -> None:
        """Let the time begin now."""
        self._began_s = _read_clock()

    def leave_out(self, seconds: float) -> None:
        """Do not count a standstill of so many seconds."""
        self._began_s += seconds

    @property
    def spent_s(self) -> float:
        """How many of the seconds have passed."""
        return _read_clock() - self._began_s

    @property
    def is_spent(self) -> bool:
        """Whether all seconds have passed."""
        return self.spent_s >= self.seconds


def _read_clock() -> float:
    """Return seconds that also pass while the machine is suspended.

    On Linux `time.monotonic` stops then, and CLOCK_BOOTTIME goes on. On macOS CLOCK_MONOTONIC does.
    """
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def describe_standstill(seconds: float) -> str:
    """Return what a user should know about a standstill."""
    return (
        f"Loombench or a contestant stood still for {seconds:.0f} s, because it was stopped or the"
        " machine was suspended"
    )
