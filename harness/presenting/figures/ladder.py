"""A server under rising request rates: which rates it sustains, and its p99 latency at each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import units
from harness.analysis.findings import Title, is_enough
from harness.presenting.figures import style, ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.analysis.run_results import Analysis, CellResult, WorkloadResult


def ladder_cells(result: WorkloadResult) -> list[CellResult]:
    """Return the plain contestants that were measured at rising rates, and have a p99 at one."""
    return [
        cell
        for cells in result.cases.values()
        for cell in cells
        if any(step.p99_ns is not None for step in cell.ladder) and cell.contestant.is_plain
    ]


def figure(analysis: Analysis, result: WorkloadResult) -> Figure:
    """Draw p99 latency over the request rate; the last, hollow point is not sustained."""
    cells = ladder_cells(result)
    sheet, axes = style.single_panel(
        Title(result.workload.title, _finding(cells)),
        "p99 latency as the request rate rises",
        analysis,
        "Hollow marker: the first rate that the server cannot sustain.",
    )
    _draw(axes, analysis, cells)
    return sheet


def _draw(axes: Axes, analysis: Analysis, cells: list[CellResult]) -> None:
    looks = style.model_looks(analysis.models)
    rates, latencies, ends = [], [], []
    for cell in cells:
        look = looks[cell.cell.model]
        points = [
            (step.rate_per_s, step.p99_ns, step.saturated)
            for step in cell.ladder
            if step.p99_ns is not None
        ]
        xs, ys = [x for x, _, _ in points], [y for _, y, _ in points]
        axes.plot(xs, ys, color=look.colour, lw=1.3)
        for x, y, saturated in points:
            face = "white" if saturated else look.colour
            axes.plot([x], [y], marker=look.marker, ms=5.5, color=look.colour, markerfacecolor=face)
        rates += xs
        latencies += ys
        ends.append((xs[-1], ys[-1], cell.cell.model))
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(min(rates) / 1.3, max(rates) * 1.3)
    axes.set_ylim(min(latencies) / 1.5, max(latencies) * 1.7)
    ticks.set_log_ticks(axes.xaxis, *axes.get_xlim(), "", 9)
    ticks.set_log_ticks(axes.yaxis, *axes.get_ylim(), "ns", 9)
    axes.set_xlabel("requests per second (offered)")
    axes.grid(axis="both")
    style.label_ends(axes, ends, looks)


def _finding(cells: list[CellResult]) -> str:
    ranked = [cell for cell in cells if cell.unranked is None]
    if not ranked:
        return "no contestant can be ranked"
    if not is_enough(cell.attempts for cell in ranked):
        return ""
    sustained = sorted((_highest_sustained(cell), cell.name) for cell in ranked)
    (least, last), (most, first) = sustained[0], sustained[-1]
    text = f"{first} sustains {units.format_significant(most)}/s"
    if len(sustained) == 1:
        return text
    return f"{text}, {last} {units.format_significant(least)}/s"


def _highest_sustained(cell: CellResult) -> float:
    """Return the highest rate that was achieved without saturation, in requests/s."""
    return max((step.achieved_per_s for step in cell.ladder if not step.saturated), default=0.0)
