"""Traces made by hand, and runs of recorders on a clock that only work moves."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from harness.traces import lanes
from harness.traces.events import Event, Kind
from harness.traces.lanes import Trace
from harness.traces.records import SCHEMA_VERSION, Heading, Recording
from harness.traces.store import Traced
from runner.tracing.recorder import Recorder

TWO_TASKS = (
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
)
SCENE = """\
title = "Two tasks"
question = "Who runs?"
lesson = "at-once"
expect = 1

[params]
amount = 50
"""


def two_tasks() -> Trace:
    """One task starts another, waits, and is woken by it."""
    return lanes.build(TWO_TASKS, 100, 190)


def recording(model: str, scene: str = "duo", **changes: Any) -> Recording:
    """Return what a run stores of the two tasks on a model."""
    events = tuple(structs.replace(event, ns=event.ns - 100) for event in TWO_TASKS)
    known = {"length_ns": 90, "cpu_ns": 80, "sees": "all", "events": events}
    return Recording(scene, model, **(known | changes))


def traced(*recordings: Recording, scenes: tuple[str, ...] = ("duo",), text: str = SCENE) -> Traced:
    """Return what a run stores of some scenes."""
    heading = Heading(
        SCHEMA_VERSION, "2026-01-02T03:04:05+00:00", "a system", 2, dict.fromkeys(scenes, text)
    )
    return Traced(heading, recordings)


def in_turn(*tasks: tuple[str, int, int], of: str = "main", length: int = 100) -> Trace:
    """Return a trace in which a lane waits, and each of these tasks runs once: name, from, to."""
    events = [Event(0, Kind.CREATED, 0, text=of), Event(0, Kind.RUNS, 0), Event(0, Kind.WAITS, 0)]
    for lane, (name, start, end) in enumerate(tasks, 1):
        events += [
            Event(0, Kind.CREATED, lane, 0, name),
            Event(start, Kind.RUNS, lane),
            Event(end, Kind.DONE, lane),
        ]
    return lanes.build(events, 0, length)


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
