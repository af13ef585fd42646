"""Memory over the number of waiting tasks: the points, and the line fitted to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import units
from harness.analysis.findings import Title, is_enough
from harness.presenting.figures import style, ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.analysis.run_results import Analysis, CellResult, WorkloadResult

_BODY = 5.0  # inches
_NAMES = 2.35  # inches, for names and slopes beside the panel


def has_points(result: WorkloadResult) -> bool:
    """Return whether memory was read at several numbers of tasks, and grew with them."""
    return any(_can_draw(result, cell) for cell in result.headline if cell.contestant.is_plain)


def _can_draw(result: WorkloadResult, cell: CellResult) -> bool:
    """Return whether a cell fits logarithmic axes."""
    slope = cell.metrics.get(result.metric.id)
    is_slope = "bytes_per_task" in result.metric.formula.names
    is_growing = is_slope and slope is not None and slope.value > 0
    return is_growing and len(cell.parked) > 1 and min(cell.parked) > 0


def figure(analysis: Analysis, result: WorkloadResult) -> Figure:
    """Draw the memory of each model's tasks beyond the memory of the process without them."""
    plain = [cell for cell in result.headline if cell.contestant.is_plain]
    cells = [cell for cell in plain if _can_draw(result, cell)]
    sheet, axes = style.single_panel(
        Title(result.workload.title, _finding(result, cells)),
        result.workload.question,
        analysis,
        "Points: median over processes, minus the intercept of the fit. Lines: the fit; its slope"
        " is the memory per task. Plain implementations, no variants.",
        body=_BODY,
        margins=style.Margins(right=_NAMES),
    )
    _draw(axes, analysis, result, cells)
    return sheet


def _draw(axes: Axes, analysis: Analysis, result: WorkloadResult, cells: list[CellResult]) -> None:
    looks = style.model_looks(analysis.models)
    ends, sizes, held = [], set(), []
    names = {}
    for cell in cells:
        slope = cell.metrics[result.metric.id].value
        look = looks[cell.cell.model]
        tasks = list(cell.parked)
        base = sum(size - slope * n for n, size in cell.parked.items()) / len(tasks)
        above = [max(size - base, slope) for size in cell.parked.values()]
        fitted = [slope * n for n in tasks]
        axes.plot(tasks, fitted, color=look.colour, lw=1.2, alpha=0.7)
        axes.plot(tasks, above, color=look.colour, marker=look.marker, ms=5.5, ls="none")
        names[cell.cell.model] = f"{cell.cell.model}  {units.format_size(slope)} each"
        ends.append((tasks[-1], fitted[-1], cell.cell.model))
        sizes.update(tasks)
        held += [*above, *fitted]
    axes.set_xscale("log")
    axes.set_yscale("log")
    low, high = min(held) / 1.6, max(held) * 1.6
    axes.set_xlim(min(sizes) / 1.3, max(sizes) * 1.3)
    axes.set_ylim(low, high)
    ticks.set_log_ticks(axes.xaxis, *axes.get_xlim(), "", 9)
    ticks.set_byte_ticks(axes.yaxis, low, high)
    axes.set_xlabel("waiting tasks")
    axes.grid(axis="both")
    style.label_ends(axes, ends, looks, names)


def _finding(result: WorkloadResult, cells: list[CellResult]) -> str:
    """Return the least and the most memory per task among models; empty with too few blocks."""
    slopes = sorted(
        (cell.metrics[result.metric.id].value, cell.name, cell.metrics[result.metric.id].n)
        for cell in cells
        if result.metric.id in cell.metrics and cell.unranked is None
    )
    if not slopes:
        return "nothing could be ranked"
    if not is_enough(n for _, _, n in slopes):
        return ""
    (least, first, _), (most, last, _) = slopes[0], slopes[-1]
    text = f"a waiting task takes {units.format_size(least)} in {first}"
    if len(slopes) > 1:
        text += f", {units.format_size(most)} in {last}"
    return text
