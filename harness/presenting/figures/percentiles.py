"""Latency by percentile, far into the tail: a curve per model."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from harness import units
from harness.analysis.findings import Title, is_enough
from harness.presenting.figures import style, ticks
from harness.results.records import Status

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.analysis.run_results import Analysis, CellResult, WorkloadResult

_MARKED = (0.0, 0.5, 0.9, 0.99, 0.999, 0.9999)  # shares with a tick, and a marker on each curve
_P99 = 0.99
_MAXIMUM = 0.45  # decades of the axis between the last known percentile and the maximum
_LEAST_NS = 1_000.0  # less is not drawn: it says nothing


def has_curves(result: WorkloadResult) -> bool:
    """Return whether the headline case has latencies to draw."""
    return bool(_plain_cells(result))


def figure(analysis: Analysis, result: WorkloadResult) -> Figure:
    """Draw the latencies of the headline case: a curve per model."""
    workload = result.workload
    case = workload.cases[result.headline_id]
    measured = "lateness" if workload.shape == "latency" else "latency"
    rate = f" at {case.rate_per_s:,} requests/s" if case.rate_per_s else ""
    cells = _plain_cells(result)
    counts = [cell.requests for cell in cells if cell.requests]
    behind = f" At least {min(counts):,} requests each." if counts else ""
    sheet, axes = style.single_panel(
        Title(workload.title, _finding(result, measured)),
        f"{measured.capitalize()} by percentile{rate}  ({workload.describe_params(case)})",
        analysis,
        "Curve: the percentile of each process, then the median over processes. Far tail and"
        " maximum: all processes pooled. Tables: percentiles of samples." + behind,
    )
    _draw(axes, analysis, cells)
    return sheet


def _plain_cells(result: WorkloadResult) -> list[CellResult]:
    """Return the plain contestants; with variants too, more lines cross than eyes can follow."""
    return [cell for cell in result.headline if cell.curve and cell.contestant.is_plain]


def _place(share: float, last: float) -> float:
    """Return the x of a share: each further nine (99%, 99.9%) is as wide as the one before.

    `last` is the last share below 1; the maximum is drawn beyond it.
    """
    return -math.log10(1 - share) if share < 1 else -math.log10(1 - last) + _MAXIMUM


def _draw(axes: Axes, analysis: Analysis, cells: list[CellResult]) -> None:
    looks = style.model_looks(analysis.models)
    last = max(share for cell in cells for share, _ in cell.curve if share < 1)
    least_ns = min(max(ns, _LEAST_NS) for cell in cells for _, ns in cell.curve)
    most_ns = max(ns for cell in cells for _, ns in cell.curve)
    ends = []
    for cell in cells:
        look = looks[cell.cell.model]
        own_last = max(share for share, _ in cell.curve if share < 1)
        xs = [_place(share, own_last) for share, _ in cell.curve]
        ys = [max(ns, _LEAST_NS) for _, ns in cell.curve]
        axes.plot(xs, ys, color=look.colour, lw=1.5, zorder=2)
        marked = [i for i, (share, _) in enumerate(cell.curve) if share in _MARKED or share == 1]
        axes.plot(
            [xs[i] for i in marked],
            [ys[i] for i in marked],
            color=look.colour,
            marker=look.marker,
            ms=5,
            ls="none",
            zorder=3,
        )
        ends.append((xs[-1], ys[-1], cell.cell.model))
    axes.set_yscale("log")
    axes.set_ylim(least_ns / 1.5, most_ns * 1.7)
    ticks.set_log_ticks(axes.yaxis, *axes.get_ylim(), "ns", 9)
    shares = [share for share in _MARKED if share <= last]
    axes.set_xticks(
        [*(_place(share, last) for share in shares), _place(1.0, last)],
        [*(_percentile_name(share) for share in shares), "max"],
    )
    axes.set_xlim(-0.08, _place(1.0, last) + 0.08)
    axes.grid(axis="both")
    axes.set_xlabel("percentile")
    style.label_ends(axes, ends, looks)


def _percentile_name(share: float) -> str:
    return "min" if share == 0 else f"p{100 * share:g}"


def _finding(result: WorkloadResult, measured: str) -> str:
    """Return the lowest and the highest p99 among the models; empty with too few blocks."""
    p99s = sorted(
        (dict(cell.curve)[_P99], cell.name, cell.statuses.get(Status.OK, 0))
        for cell in _plain_cells(result)
        if _P99 in dict(cell.curve) and cell.is_sound
    )
    if not p99s:
        return "too few values for a p99"
    if not is_enough(n for _, _, n in p99s):
        return ""
    (least, first, _), (most, last, _) = p99s[0], p99s[-1]
    text = f"p99 {measured} is {units.format_time(least, 2)} in {first}"
    if len(p99s) > 1:
        text += f", {units.format_time(most, 2)} in {last}"
    return text
