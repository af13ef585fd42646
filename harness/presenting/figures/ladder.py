"""A server at rising rates: what it keeps up with, and how long the waits become at the knee."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import units
from harness.presenting.figures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.analysis.analyse import Analysis, CellResult, WorkloadResult

_WIDTH, _BODY = 10.0, 4.9  # inches
_LEFT, _RIGHT, _BELOW, _ABOVE = 0.85, 1.5, 0.62, 0.15


def cells_of(result: WorkloadResult) -> list[CellResult]:
    """Return the plain contestants that were asked at rising rates."""
    return [
        one
        for cells in result.cases.values()
        for one in cells
        if one.ladder and one.contestant.is_plain
    ]


def figure(analysis: Analysis, result: WorkloadResult) -> Figure:
    """Draw the 99th percentile over the rate; the last, hollow point is where it falls behind."""
    cells = cells_of(result)
    sheet, bottom, top = style.sheet(
        _WIDTH,
        _BODY,
        f"{result.workload.title}: {_finding(cells)}",
        "How long do 99 of 100 wait at most, as the rate rises?",
        analysis,
        "Hollow: the first rate that the server does not keep up with.",
        intervals=False,
    )
    height = sheet.get_figheight()
    axes = sheet.add_axes(
        (
            _LEFT / _WIDTH,
            bottom + _BELOW / height,
            (_WIDTH - _LEFT - _RIGHT) / _WIDTH,
            top - bottom - (_BELOW + _ABOVE) / height,
        )
    )
    _draw(axes, analysis, cells)
    return sheet


def _draw(axes: Axes, analysis: Analysis, cells: list[CellResult]) -> None:
    looks = style.looks(analysis.models)
    rates, waits, ends = [], [], []
    for one in cells:
        look = looks[one.cell.model]
        points = [
            (step.rate_per_s, step.p99_ns, step.saturated)
            for step in one.ladder
            if step.p99_ns is not None
        ]
        xs, ys = [x for x, _, _ in points], [y for _, y, _ in points]
        axes.plot(xs, ys, color=look.colour, lw=1.3)
        for x, y, saturated in points:
            face = "white" if saturated else look.colour
            axes.plot([x], [y], marker=look.marker, ms=5.5, color=look.colour, markerfacecolor=face)
        rates += xs
        waits += ys
        ends.append((xs[-1], ys[-1], one.cell.model))
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(min(rates) / 1.3, max(rates) * 1.3)
    axes.set_ylim(min(waits) / 1.5, max(waits) * 1.7)
    style.human_log_ticks(axes.xaxis, *axes.get_xlim(), "", 9)
    style.human_log_ticks(axes.yaxis, *axes.get_ylim(), "ns", 9)
    axes.set_xlabel("asked for in a second")
    axes.grid(axis="both")
    style.label_ends(axes, ends, looks)


def _finding(cells: list[CellResult]) -> str:
    kept = sorted((_kept_up(one), one.name) for one in cells)
    (least, first), (most, last) = kept[0], kept[-1]
    if len(kept) == 1:
        return f"{first} keeps up with {units.format_significant(least)} a second"
    return (
        f"{last} keeps up with {units.format_significant(most)} a second, {first} with"
        f" {units.format_significant(least)}"
    )


def _kept_up(one: CellResult) -> float:
    return max((step.achieved_per_s for step in one.ladder if not step.saturated), default=0.0)
