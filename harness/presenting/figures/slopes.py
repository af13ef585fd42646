"""Memory over the number of parked tasks: the points, and the slope that is fitted to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import units
from harness.presenting.figures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.analysis.analyse import Analysis, CellResult, WorkloadResult

_WIDTH, _BODY = 10.0, 5.0  # inches
_LEFT, _RIGHT, _BELOW, _ABOVE = 0.85, 2.35, 0.62, 0.15


def has_points(result: WorkloadResult) -> bool:
    """Return whether memory was read at several numbers of tasks."""
    return any(len(one.parked) > 1 for one in result.headline)


def figure(analysis: Analysis, result: WorkloadResult) -> Figure:
    """Draw what the tasks of each model hold beyond what the process held without them."""
    cells = [one for one in result.headline if len(one.parked) > 1 and one.contestant.is_plain]
    sheet, bottom, top = style.sheet(
        _WIDTH,
        _BODY,
        f"{result.workload.title}: {_finding(result, cells)}",
        result.workload.question,
        analysis,
        "Points: median over processes, less what the fitted line starts from. Lines: the slope.",
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
    _draw(axes, analysis, result, cells)
    return sheet


def _draw(axes: Axes, analysis: Analysis, result: WorkloadResult, cells: list[CellResult]) -> None:
    looks = style.looks(analysis.models)
    ends, sizes, held = [], set(), []
    names = {}
    for one in cells:
        slope = one.metrics[result.metric.id].value
        look = looks[one.cell.model]
        tasks = list(one.parked)
        base = sum(size - slope * n for n, size in one.parked.items()) / len(tasks)
        above = [max(size - base, slope) for size in one.parked.values()]
        fitted = [slope * n for n in tasks]
        axes.plot(tasks, fitted, color=look.colour, lw=1.2, alpha=0.7)
        axes.plot(tasks, above, color=look.colour, marker=look.marker, ms=5.5, ls="none")
        names[one.cell.model] = f"{one.cell.model}  {units.format_size(slope)} each"
        ends.append((tasks[-1], fitted[-1], one.cell.model))
        sizes.update(tasks)
        held += [*above, *fitted]
    axes.set_xscale("log")
    axes.set_yscale("log")
    low, high = min(held) / 1.6, max(held) * 1.6
    axes.set_xlim(min(sizes) / 1.3, max(sizes) * 1.3)
    axes.set_ylim(low, high)
    style.human_log_ticks(axes.xaxis, *axes.get_xlim(), "", 9)
    style.byte_ticks(axes.yaxis, low, high)
    axes.set_xlabel("tasks that wait")
    axes.grid(axis="both")
    style.label_ends(axes, ends, looks, names)


def _finding(result: WorkloadResult, cells: list[CellResult]) -> str:
    slopes = sorted(
        (one.metrics[result.metric.id].value, one.name)
        for one in cells
        if result.metric.id in one.metrics
    )
    if not slopes:
        return "nothing could be measured"
    (least, first), (most, last) = slopes[0], slopes[-1]
    text = f"one more waiting task takes {units.format_size(least)} in {first}"
    return text if len(slopes) == 1 else f"{text}, and {units.format_size(most)} in {last}"
