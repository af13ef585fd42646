"""Events become lanes: the states, what wakes whom, and what no run can have."""

from __future__ import annotations

import pytest

from harness.traces import checks, lanes
from harness.traces.events import Event, Kind
from harness.traces.lanes import BrokenTraceError, Flow, State, Trace
from tests.support.traces import two_tasks

CREATED, READY, RUNS, WAITS = Kind.CREATED, Kind.READY, Kind.RUNS, Kind.WAITS


def states(trace: Trace, lane: int) -> list[tuple[str, int, int]]:
    return [(span.state.value, span.start_ns, span.end_ns) for span in trace.lanes[lane].spans]


def test_a_lane_goes_through_its_states_without_a_gap() -> None:
    trace = two_tasks()
    assert [lane.name for lane in trace.lanes] == ["ping", "pong"]
    assert states(trace, 0) == [
        ("running", 0, 30),
        ("waiting", 30, 60),
        ("ready", 60, 70),
        ("running", 70, 80),
    ]
    assert states(trace, 1) == [
        ("created", 10, 10),
        ("ready", 10, 30),
        ("running", 30, 70),
    ]
    assert trace.lanes[0].spans[1].text == "Queue.get"


def test_the_sum_of_running_time_is_the_time_that_the_processor_worked() -> None:
    trace = two_tasks()
    asleep = sum(span.length_ns for span in trace.idle)
    assert trace.total_ns(State.RUNNING) == trace.length_ns - asleep == 80


def test_who_woke_whom() -> None:
    assert two_tasks().flows == (Flow(10, 1, 2), Flow(60, 2, 1))


def test_lanes_that_are_ready_are_counted() -> None:
    assert two_tasks().count(State.READY) == [(0, 0), (10, 1), (30, 0), (60, 1), (70, 0)]


def test_a_lane_that_is_woken_while_it_runs_is_ready_and_not_waiting() -> None:
    events = [
        Event(0, CREATED, 1, text="spins"),
        Event(0, RUNS, 1),
        Event(5, READY, 1, 1),
        Event(9, WAITS, 1, text="sleep"),
        Event(12, RUNS, 1),
    ]
    trace = lanes.build(events, 0, 15)
    assert trace.flows == ()  # nobody else woke it
    spans = trace.lanes[0].spans
    assert [(span.state, span.text) for span in spans[-3:]] == [
        (State.RUNNING, ""),
        (State.READY, ""),
        (State.RUNNING, ""),
    ]


def test_what_made_a_lane_ready_is_kept_if_no_lane_did() -> None:
    events = [
        Event(0, CREATED, 1, text="sleeps"),
        Event(0, RUNS, 1),
        Event(1, WAITS, 1, text="sleep"),
        Event(5, READY, 1, text="timer"),
        Event(6, RUNS, 1),
    ]
    spans = lanes.build(events, 0, 9).lanes[0].spans
    assert [(span.state.value, span.text) for span in spans[-3:]] == [
        ("waiting", "sleep"),
        ("ready", "timer"),
        ("running", ""),
    ]


def test_what_happens_before_and_after_the_run_is_left_out() -> None:
    events = [
        Event(0, CREATED, 1, text="main"),
        Event(1, RUNS, 1),
        Event(50, CREATED, 2, 1, text="clean up"),
    ]
    trace = lanes.build(events, 10, 40)
    assert [(lane.name, lane.spans) for lane in trace.lanes] == [
        ("main", ((State.RUNNING, 0, 30, ""),))
    ]
    assert trace.flows == ()


@pytest.mark.parametrize(
    ("events", "complaint"),
    [
        ([Event(3, RUNS, 1)], "lane 1 cannot be runs at 3: nothing created it"),
        ([Event(0, CREATED, 1), Event(1, CREATED, 1)], "it exists already"),
        ([Event(0, CREATED, 1), Event(1, WAITS, 1)], "lane 1 cannot be waits at 1: it is created"),
        ([Event(0, CREATED, 1), Event(1, RUNS, 1), Event(2, RUNS, 1)], "it is running"),
        ([Event(0, CREATED, 1), Event(1, Kind.DONE, 1), Event(2, READY, 1)], "it is done"),
    ],
)
def test_events_that_no_run_can_have_are_refused(events: list[Event], complaint: str) -> None:
    with pytest.raises(BrokenTraceError, match=complaint):
        lanes.build(events, 0, 10)


def running(*spans: tuple[int, int, int], group: str = "loop") -> Trace:
    """Make a trace of (lane, start, end)."""
    ids = {lane for lane, _, _ in spans}
    events = [Event(0, CREATED, lane, text=f"task {lane}", group=group) for lane in sorted(ids)]
    for lane, start, end in spans:
        events += [Event(start, RUNS, lane), Event(end, WAITS, lane)]
    return lanes.build(events, 0, 100)


def test_two_lanes_that_run_at_once_on_one_loop_are_found() -> None:
    (overlap,) = checks.find_overlaps(running((1, 10, 30), (2, 29, 40)))
    assert overlap == ("loop", ("task 1", "task 2"), 29)
    assert checks.find_overlaps(running((1, 10, 30), (2, 30, 40))) == []


def test_lanes_without_a_group_may_run_at_once_and_are_counted() -> None:
    trace = running((1, 10, 30), (2, 29, 40), (3, 5, 35), group="")
    assert checks.find_overlaps(trace) == []
    assert checks.count_parallel(trace) == 3


@pytest.mark.parametrize(("order", "overtakes"), [((1, 2, 3), 0), ((2, 1, 3), 1), ((3, 2, 1), 2)])
def test_lanes_that_run_before_others_that_were_ready_are_counted(
    order: tuple[int, ...], overtakes: int
) -> None:
    events = [Event(0, CREATED, lane, group="loop") for lane in (1, 2, 3)]
    events += [Event(lane, READY, lane) for lane in (1, 2, 3)]
    for place, lane in enumerate(order):
        events += [Event(10 + 2 * place, RUNS, lane), Event(11 + 2 * place, WAITS, lane)]
    assert checks.count_overtakes(lanes.build(events, 0, 100)) == overtakes
