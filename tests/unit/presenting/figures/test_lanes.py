"""The figure of lanes: every lane has a row, all models have one time scale."""

from __future__ import annotations

from matplotlib.collections import PolyCollection

from harness.presenting.figures import lanes, style
from harness.presenting.figures.lanes import Drawn
from harness.traces import lanes as core
from harness.traces.events import Event, Kind
from harness.traces.lanes import Trace
from tests.support.traces import in_turn, two_tasks


def many(number: int) -> Trace:
    events = [
        Event(ns, kind, lane, text=f"task {lane}" if kind is Kind.CREATED else "")
        for lane in range(number)
        for ns, kind in ((0, Kind.CREATED), (lane, Kind.RUNS), (lane + 1, Kind.DONE))
    ]
    return core.build(events, 0, 1_000)


def drawn(*traces: Trace) -> list:
    with style.applied():
        models = ("asyncio", "trio", "go")
        return lanes.figure(
            "Who ran when",
            "Who?",
            [Drawn(model, trace) for model, trace in zip(models, traces, strict=False)],
        ).axes


def test_every_lane_has_a_row_and_every_model_a_panel() -> None:
    first, second = drawn(two_tasks(), many(3))
    assert [label.get_text() for label in first.get_yticklabels()] == ["ping", "pong"]
    assert len(second.get_yticklabels()) == 3
    assert first.get_xlim() == second.get_xlim()
    assert first.get_title("right") == "ping → pong → ping"
    assert first.get_title("left") == "asyncio   (2 lanes, 3 turns, at most 1 task at once)"


def test_what_is_too_short_to_see_is_drawn_once_and_wider() -> None:
    (axes,) = drawn(many(1))
    *_, runs = [one for one in axes.collections if isinstance(one, PolyCollection)]
    (path,) = runs.get_paths()
    (left, _), (right, _) = path.get_extents().get_points()
    assert right - left > 0.001  # in µs: the turn took 1 ns


def test_of_many_lanes_the_first_are_drawn_and_the_note_says_so() -> None:
    with style.applied():
        figure = lanes.figure("Who ran when", "Who?", [Drawn("asyncio", many(100))])
    (axes,) = figure.axes
    assert len(axes.get_yticklabels()) == 40
    note = " ".join(" ".join(text.get_text().split()) for text in figure.texts)
    assert "Only the first 40 of up to 100 lanes are drawn." in note


def test_what_takes_far_longer_than_usual_begins_with_its_tasks() -> None:
    late = in_turn(("a", 900, 910), ("b", 920, 980), length=1_000)
    quick = in_turn(("a", 10, 20), ("b", 20, 90))
    *_, axes = drawn(quick, quick, late)
    assert "its first 900 ns are left out" in axes.get_title("left")
    assert axes.get_xlim()[1] < 0.2  # µs, the longest of what is shown


def test_the_order_of_many_turns_is_left_out() -> None:
    (axes,) = drawn(many(60))
    assert axes.get_title("right") == ""
