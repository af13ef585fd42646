"""Traces made by hand, and runs of recorders on a clock that only work moves."""

from __future__ import annotations

from typing import Any

from harness.traces import lanes
from harness.traces.events import Event, Kind
from harness.traces.lanes import Trace
from runner.tracing.recorder import Recorder


def two_tasks() -> Trace:
    """One task starts another, waits, and is woken by it."""
    return lanes.build(
        [
            Event(90, Kind.CREATED, 1, text="ping", group="loop"),
            Event(100, Kind.RUNS, 1),
            Event(110, Kind.CREATED, 2, 1, "pong", "loop"),
            Event(110, Kind.READY, 2, 1),
            Event(130, Kind.WAITS, 1, text="Queue.get"),
            Event(130, Kind.RUNS, 2),
            Event(160, Kind.READY, 1, 2),
            Event(170, Kind.DONE, 2),
            Event(170, Kind.RUNS, 1),
            Event(180, Kind.SLEEPS, -1, text="sleep"),
            Event(180, Kind.DONE, 1),
            Event(190, Kind.WAKES, -1),
        ],
        100,
        190,
    )


class Work:
    """A recorder whose clock counts the work that lanes do, and `ticks` for each event."""

    def __init__(self, ticks: int = 0) -> None:
        self.done, self.ticks = 0, ticks
        self.recorder = Recorder(self.clock)

    def clock(self) -> int:
        self.done += self.ticks
        return self.done

    def __call__(self, amount: int) -> None:
        self.done += amount

    def trace(self) -> Trace:
        events = [Event(*event[:1], Kind(event[1]), *event[2:]) for event in self.events()]
        return lanes.build(events, 0, self.done)

    def events(self) -> list[tuple[Any, ...]]:
        return list(self.recorder.named())
