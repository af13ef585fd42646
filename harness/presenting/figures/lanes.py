"""Traces as lanes: one figure for each model, and all models of a program at one time scale."""

from __future__ import annotations

from itertools import groupby
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from harness import units
from harness.presenting.figures import style
from harness.traces import checks
from harness.traces.lanes import State, cut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.traces.lanes import Lane, Trace
    from harness.traces.store import SceneTraces

_WIDTH, _LEFT, _RIGHT = 10.0, 1.75, 0.25  # inches
_LANE, _GAP, _AXIS, _HEAD, _LEGEND = 0.24, 0.06, 0.38, 0.3, 0.3
_MOST_LANES, _MOST_OF_EACH = 40, 12  # in a figure of one model, of each of several
_MOST_ARROWS, _MOST_VECTORS = 60, 5_000
_LOOP_COLOUR = "#eeeeee"
_COLOURS = {
    State.RUNNING: "#0072b2",
    State.READY: "#f0b400",
    State.WAITING: "#c3d3e2",
    State.CREATED: "#ffffff",
}
_HEIGHTS = {State.RUNNING: 0.8, State.READY: 0.6, State.WAITING: 0.42, State.CREATED: 0.24}
_NAMES = {
    State.RUNNING: "runs",
    State.READY: "ready: waits for its turn",
    State.WAITING: "waits for something else",
}
_LETTER, _MOST_LABELS = 0.058 / (_WIDTH - _LEFT - _RIGHT), 60  # of the width; no label if longer
_LONGEST_WAIT = 20  # characters
_HEAD_ROOM, _WIDER = 143, 1.25  # small characters in a head; how much wider its others are
_FAR = 2  # times as long as usual: its beginning is left out
_LEAST_SHARE = 1 / 700  # of the width: shorter spans are drawn this wide, so that they are seen
_NOTE = "Times include the cost of tracing: no measurements. The shortest runs are drawn wider."


class Drawn(NamedTuple):
    """A model and its trace."""

    model: str
    trace: Trace


def figure(title: str, question: str, drawn: Sequence[Drawn], note: str = "") -> Figure:
    """Draw the lanes of one or more models below each other, all at one time scale.

    What takes far longer than usual, as processes do until they are there, begins with its tasks.
    """
    most = _MOST_LANES if len(drawn) == 1 else _MOST_OF_EACH
    rows = [one.trace.lanes[:most] for one in drawn]
    body = _LEGEND + _AXIS + sum(_HEAD + _GAP + _LANE * len(row) for row in rows)
    notes = filter(None, (_NOTE, _hidden(drawn, most), note))
    sheet, _, top = style.plain_sheet(_WIDTH, body, title, question, " ".join(notes))
    height = sheet.get_figheight()
    skips = _find_skips([one.trace for one in drawn])
    longest = max(one.trace.length_ns - skip for one, skip in zip(drawn, skips, strict=True))
    unit, scale = _unit(longest)
    place = top - _LEGEND / height
    for one, row, skip in zip(drawn, rows, skips, strict=True):
        inches = _LANE * len(row)
        place -= (_HEAD + inches) / height
        axes = sheet.add_axes(
            (_LEFT / _WIDTH, place, (_WIDTH - _LEFT - _RIGHT) / _WIDTH, inches / height)
        )
        place -= _GAP / height
        shown = cut(one.trace, skip) if skip else one.trace
        _draw(axes, shown, shown.lanes[:most], longest, scale)
        _head(axes, one, skip)
        if one is drawn[-1]:
            axes.set_xlabel(unit, fontsize=8, labelpad=1)
        else:
            axes.tick_params(axis="x", labelbottom=False, length=0)
    _add_legend(sheet, top + 0.05 / height)
    return sheet


def of_scene(one: SceneTraces) -> Figure:
    """Draw a scene of a run; its title is what the scene teaches."""
    drawn = [Drawn(model, trace) for model, trace in one.traces.items()]
    lesson = f"{one.lesson[0].lower()}{one.lesson[1:]}"
    return figure(f"{one.scene.title}: {lesson}", one.scene.question, drawn)


def _find_skips(traces: Sequence[Trace]) -> list[int]:
    """Return how much of each beginning to leave out: 0, but for those that are far too long."""
    far = _FAR * median(trace.length_ns for trace in traces)
    room = _FAR * max(one.length_ns for one in traces if one.length_ns <= far)
    return [
        max(_find_begin(one), one.length_ns - room) if one.length_ns > far else 0 for one in traces
    ]


def _find_begin(trace: Trace) -> int:
    """Return when the first lane runs that another one created; 0 if none does."""
    return min(
        (
            span.start_ns
            for lane in trace.lanes[1:]
            for span in lane.spans
            if span.state is State.RUNNING
        ),
        default=0,
    )


def _add_legend(sheet: Figure, top: float) -> None:
    handles: list[Artist] = [Patch(fc=_COLOURS[one], label=name) for one, name in _NAMES.items()]
    handles.append(Patch(fc=_LOOP_COLOUR, label="the loop waits in the kernel"))
    handles.append(Line2D([], [], color=style.FAILED, lw=0.8, label="wakes"))
    sheet.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0.15 / _WIDTH, top),
        ncols=5,
        fontsize=8,
        frameon=False,
    )


def _hidden(drawn: Sequence[Drawn], most: int) -> str:
    lanes = max(len(one.trace.lanes) for one in drawn)
    return f"Only the first {most} of up to {lanes:,} lanes are drawn." if lanes > most else ""


def _unit(ns: int) -> tuple[str, float]:
    """Return the unit of the axis, and how many ns it is."""
    for name, scale in (("s", 1e9), ("ms", 1e6)):
        if ns >= 2 * scale:
            return name, scale
    return "µs", 1e3


def _draw(axes: Axes, trace: Trace, row: Sequence[Lane], longest_ns: int, scale: float) -> None:
    longest = longest_ns / scale
    axes.set_xlim(-longest / 200, longest * (1 + 1 / 200))
    axes.set_ylim(len(row), 0)
    axes.set_yticks(
        [index + 0.5 for index in range(len(row))],
        [style.wrap(units.printable(lane.name), _LEFT)[:24] for lane in row],
        fontsize=8,
    )
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=8)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", lw=0.5)
    few = sum(len(lane.spans) for lane in row) + len(trace.idle) < _MOST_VECTORS
    asleep = [
        _box(span.start_ns / scale, span.end_ns / scale, 0, len(row))
        for span in trace.idle
        if span.length_ns / scale > longest * _LEAST_SHARE
    ]
    axes.add_collection(PolyCollection(asleep, facecolors=_LOOP_COLOUR, lw=0, rasterized=not few))
    for state in (State.CREATED, State.WAITING, State.READY, State.RUNNING):
        boxes = _boxes(row, state, scale, longest * _LEAST_SHARE)
        axes.add_collection(
            PolyCollection(
                boxes,
                facecolors=_COLOURS[state],
                edgecolors=style.FLOOR if state is State.CREATED else "none",
                lw=0.4,
                rasterized=not few,
            )
        )
    _label_waits(axes, row, scale, longest * _LETTER)
    if len(trace.flows) <= _MOST_ARROWS:
        _draw_flows(axes, trace, row, scale)


def _head(axes: Axes, one: Drawn, skip_ns: int) -> None:
    """Write the model, what can be counted, and at the right who ran after whom if it fits."""
    head, order = _describe(one, skip_ns), _order(one.trace)
    axes.set_title(head, loc="left", fontsize=9.5, pad=4, color=style.INK)
    if len(order) <= _HEAD_ROOM - _WIDER * len(head):
        axes.set_title(order, loc="right", fontsize=7.5, pad=4, color=style.FAINT)


def _describe(one: Drawn, skip_ns: int) -> str:
    trace = one.trace
    most = units.format_count(checks.count_parallel(checks.only_tasks(trace)), "task")
    lanes = units.format_count(len(trace.lanes), "lane")
    steps = units.format_count(checks.count_switches(trace), "turn")
    skipped = f"; its first {units.format_time(skip_ns)} are left out" if skip_ns else ""
    return f"{one.model}   ({lanes}, {steps}, at most {most} at once{skipped})"


def _order(trace: Trace) -> str:
    """Return who ran after whom; empty if only one ran."""
    turns = [name for name, _ in groupby(checks.list_turns(trace))]
    return units.printable(" → ".join(turns)) if len(turns) > 1 else ""


def _boxes(
    row: Sequence[Lane], state: State, scale: float, least: float
) -> list[list[tuple[float, float]]]:
    """Return the rectangles of a state. Those of a few ns are widened, and then drawn once."""
    boxes = []
    margin = (1 - _HEIGHTS[state]) / 2
    visible = state in (State.RUNNING, State.READY)
    for index, lane in enumerate(row):
        drawn_to = -1.0
        for span in lane.spans:
            if span.state is not state or not span.length_ns:
                continue
            start, end = span.start_ns / scale, span.end_ns / scale
            if end - start < least:
                if not visible or start < drawn_to:
                    continue
                end = drawn_to = start + least
            boxes.append(_box(start, end, index + margin, index + 1 - margin))
    return boxes


def _label_waits(axes: Axes, row: Sequence[Lane], scale: float, letter: float) -> None:
    """Write what a lane waits for into its waits, where that fits."""
    waits = [
        (index, span, text)
        for index, lane in enumerate(row)
        for span in lane.spans
        if span.state is State.WAITING
        and (text := _short(units.printable(span.text)))
        and span.length_ns / scale > letter * len(text)
    ]
    for index, span, text in waits[:_MOST_LABELS]:
        axes.text(
            (span.start_ns + span.end_ns) / 2 / scale,
            index + 0.5,
            text,
            fontsize=7,
            ha="center",
            va="center",
            color=style.INK,
        )


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_WAIT else text.rpartition(".")[2][:_LONGEST_WAIT]


def _box(left: float, right: float, low: float, high: float) -> list[tuple[float, float]]:
    return [(left, low), (right, low), (right, high), (left, high)]


def _draw_flows(axes: Axes, trace: Trace, row: Sequence[Lane], scale: float) -> None:
    """Draw a line from who woke to who was woken."""
    place = {lane.id: index + 0.5 for index, lane in enumerate(row)}
    lines = [
        [(flow.ns / scale, place[flow.source]), (flow.ns / scale, place[flow.target])]
        for flow in trace.flows
        if flow.source in place and flow.target in place
    ]
    axes.add_collection(LineCollection(lines, colors=style.FAILED, lw=0.6, alpha=0.7))
