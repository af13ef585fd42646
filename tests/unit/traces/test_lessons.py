"""What lanes teach is found in them: other traces, another sentence."""

from __future__ import annotations

import pytest

from harness.traces import lanes, lessons
from harness.traces.events import Event, Kind
from harness.traces.lanes import Trace
from tests.support.traces import in_turn

APART = in_turn(("a", 10, 20), ("b", 20, 30))
TOGETHER = in_turn(("a", 10, 25), ("b", 20, 30))


# The first lane creates the tasks, and runs beside them: it is none of them.
WITH_MAIN = lanes.build(
    [
        Event(0, Kind.CREATED, 0, text="main"),
        Event(0, Kind.CREATED, 1, 0, "a"),
        Event(1, Kind.RUNS, 0),
        Event(10, Kind.RUNS, 1),
        Event(20, Kind.DONE, 1),
        Event(90, Kind.DONE, 0),
    ],
    0,
    100,
)


def ticking(*runs: int) -> Trace:
    """Return a lane that runs for a moment at these times, beside work from 20 to 80."""
    events = [
        Event(0, Kind.CREATED, 0, text="main"),
        Event(0, Kind.CREATED, 1, text="work"),
        Event(20, Kind.RUNS, 1),
        Event(80, Kind.DONE, 1),
    ]
    for ns in runs:
        events += [Event(ns, Kind.RUNS, 0), Event(ns + 1, Kind.WAITS, 0)]
    return lanes.build(events, 0, 100)


def waiting(*until: tuple[str, int, int]) -> Trace:
    """Return tasks that wait from the start until a time, and then end: name, until, end."""
    events = [Event(0, Kind.CREATED, 0, text="main")]
    for lane, (name, wake, end) in enumerate(until, 1):
        events += [
            Event(0, Kind.CREATED, lane, 0, name),
            Event(lane, Kind.RUNS, lane),
            Event(lane + 1, Kind.WAITS, lane),
            *([Event(wake, Kind.RUNS, lane)] if wake < end else []),
            Event(end, Kind.DONE, lane),
        ]
    return lanes.build(events, 0, 100)


@pytest.mark.parametrize(
    ("lesson", "trace", "said"),
    [
        ("at-once", APART, "only one runs at a time"),
        ("at-once", TOGETHER, "up to two run at once"),
        ("at-once", WITH_MAIN, "only one runs at a time"),
        ("ticks", ticking(10, 19, 80, 90), "the ticks stop until it is over"),
        ("ticks", ticking(10, 19, 60, 90), "the ticks go on"),
        ("waits", waiting(("a", 50, 60), ("b", 50, 70)), "two wait at once"),
        ("waits", APART, "they wait one after the other"),
        ("ends", waiting(("a", 50, 60), ("b", 30, 40)), "the shortest wait ends first"),
        ("ends", waiting(("a", 50, 60), ("b", 30, 70)), "another order than their waits"),
        ("order", waiting(("a", 50, 60), ("block", 10, 20), ("b", 30, 40)), "order was b and a"),
        ("cleanup", waiting(("a", 50, 60), ("b", 60, 70)), "one cleans up after the other"),
        ("cleanup", waiting(("a", 50, 60), ("b", 55, 70)), "up to two clean up at once"),
        ("cleanup", waiting(("a", 50, 60), ("b", 70, 70)), "a task ends where it waits"),
    ],
)
def test_a_lesson_is_read_off_the_lanes(lesson: str, trace: Trace, said: str) -> None:
    found = lessons.teach(lesson, {"asyncio": trace})
    assert found.startswith("In asyncio, ")
    assert said in found


def test_models_that_do_the_same_are_named_together_and_many_are_counted() -> None:
    traces = {"go": TOGETHER, **dict.fromkeys(("a", "b", "c", "d"), APART)}
    assert lessons.teach("at-once", traces) == (
        "In go, up to two run at once. In the other 4 traced models, only one runs at a time."
    )
    del traces["d"]
    assert lessons.teach("at-once", traces).endswith("In a, b and c, only one runs at a time.")


def test_turns_are_counted_from_the_fewest_to_the_most() -> None:
    traces = {"a": APART, "b": APART, "c": in_turn(("a", 10, 20))}
    assert lessons.teach("turns", traces) == "It takes 2 turns in c, and 3 in a and b."
