"""Which runtime: a panel per workload, a row per model, and in it a dot per runtime."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from matplotlib.lines import Line2D

from harness.analysis import builds, runtimes
from harness.analysis.requests import describe_better
from harness.catalog.contestant import DEFAULT_RUNTIME
from harness.presenting.figures import style, ticks
from harness.presenting.figures.style import Look

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.analysis.run_results import Analysis, CellResult, WorkloadResult
    from harness.statistics.estimates import Estimate

_WIDTH, _DOT, _ROW_GAP, _BELOW = 11.0, 0.115, 0.12, 0.5  # inches; a dot is a runtime in a row
_GAP, _LEGEND, _NOTE_LINE = 0.25, 0.35, 0.17  # inches
_MOST_COLUMNS, _MOST_TICKS = 5, 4
_NOTE_WIDTH = 165  # characters
_MOST_NOTES = 8  # lines
_QUESTION = "Does another Python change the answer? First metric of each workload, plain models."
_NOTE = "Counted: each model in each workload. The others are tied or undecided."
# Readable for colour-blind people and in greyscale: light to dark, and each with its own marker.
_LOOKS = (
    Look("#000000", "o"),
    Look("#e69f00", "s"),
    Look("#0072b2", "^"),
    Look("#cc79a7", "D"),
    Look("#009e73", "v"),
    Look("#56b4e9", "P"),
    Look("#d55e00", "X"),
    Look("#7a7a7a", "*"),
)


def figure(analysis: Analysis, results: Sequence[WorkloadResult]) -> Figure:
    """Draw these workloads, each of which has a model on more than one runtime."""
    labels = runtimes.runtimes_of(analysis.run)
    looks = {label: _LOOKS[index % len(_LOOKS)] for index, label in enumerate(labels)}
    models = _models(analysis, results)
    notes = _notes(analysis, results)
    row = len(labels) * _DOT + _ROW_GAP
    panel, left = len(models) * row, style.name_width(models)
    rows = math.ceil(len(results) / _MOST_COLUMNS)
    columns = math.ceil(len(results) / rows)
    width = (_WIDTH - left - 0.1) / columns
    headings = [_heading(result, width - _GAP - 0.1) for result in results]
    head = 0.12 + 0.15 * max(text.count("\n") + 1 for text in headings)
    tall = head + panel + _BELOW
    largest = runtimes.surest_difference(analysis, results)
    sheet, bottom, top = style.sheet(
        _WIDTH,
        _LEGEND + rows * tall + _NOTE_LINE * len(notes),
        runtimes.finding(analysis, results),
        _QUESTION,
        analysis,
        _NOTE + (f" Surest large difference: {largest}." if largest else ""),
    )
    height = sheet.get_figheight()
    _add_legend(sheet, analysis, looks, top)
    for index, (result, heading) in enumerate(zip(results, headings, strict=True)):
        down, across = divmod(index, columns)
        axes = sheet.add_axes(
            (
                (left + across * width) / _WIDTH,
                top - (_LEGEND + down * tall + head + panel) / height,
                (width - _GAP) / _WIDTH,
                panel / height,
            )
        )
        axes.set_title(heading, fontsize=8.5, loc="left", pad=6)
        _draw_panel(axes, result, models, looks)
        axes.set_yticks(range(len(models)), models if across == 0 else [""] * len(models))
    if notes:
        place = 0.2 / _WIDTH, bottom + 0.04 / height
        sheet.text(*place, "\n".join(notes), fontsize=8, color=style.FAINT, va="bottom")
    return sheet


def _models(analysis: Analysis, results: Sequence[WorkloadResult]) -> list[str]:
    """Return the models that have a value in any of these workloads."""
    known = {
        cell.cell.model
        for result in results
        for cell in runtimes.plain_cells(result)
        if result.metric.id in cell.metrics
    }
    return [model for model in analysis.models if model in known]


def _notes(analysis: Analysis, results: Sequence[WorkloadResult]) -> list[str]:
    """Return lines that say what has no dot and why, as many as a figure has room for."""
    parts = [*builds.list_builds(analysis.run), *runtimes.list_gaps(analysis, results)]
    lines = textwrap.wrap(f"{'; '.join(parts)}." if parts else "", _NOTE_WIDTH)
    if len(lines) > _MOST_NOTES:
        lines = [*lines[: _MOST_NOTES - 1], "... The tables of the report have every reason."]
    return lines


def _heading(result: WorkloadResult, inches: float) -> str:
    better = describe_better(result.metric, runtimes.plain_cells(result))
    label = style.wrap(f"{result.metric.label} ({better})", inches)
    return f"{style.wrap(result.workload.title, inches)}\n{label}"


def _add_legend(sheet: Figure, analysis: Analysis, looks: Mapping[str, Look], top: float) -> None:
    handles = [
        Line2D([], [], color=look.colour, marker=look.marker, ms=6, ls="none")
        for look in looks.values()
    ]
    names = [_name(analysis, label) for label in looks]
    sheet.legend(
        handles,
        names,
        loc="upper left",
        bbox_to_anchor=(0.1 / _WIDTH, top),
        ncols=min(6, len(names)),
        frameon=False,
        fontsize=9,
        handletextpad=0.1,
        borderpad=0,
    )


def _name(analysis: Analysis, label: str) -> str:
    version = runtimes.version_of(analysis.run, label)
    if label == DEFAULT_RUNTIME:
        return f"{version} (default)"
    return label if version.startswith(label) and label == version else f"{label} ({version})"


def _draw_panel(
    axes: Axes, result: WorkloadResult, models: Sequence[str], looks: Mapping[str, Look]
) -> None:
    cells = [c for c in runtimes.plain_cells(result) if result.metric.id in c.metrics]
    known = [cell.metrics[result.metric.id] for cell in cells]
    lows = [one.value if one.low is None else one.low for one in known]
    highs = [one.value if one.high is None else one.high for one in known]
    ticks.set_x_scale(axes, result.metric.unit, lows, highs)
    if axes.get_xscale() == "log":
        most = _MOST_TICKS // 2 if result.metric.unit.startswith("bytes") else _MOST_TICKS
        ticks.set_log_ticks(axes.xaxis, *axes.get_xlim(), result.metric.unit, most)
        ticks.trim_ticks(axes, result.metric.unit, _GAP / 2 - 0.05)
    axes.set_ylim(len(models) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    for row in range(1, len(models), 2):
        axes.axhspan(row - 0.5, row + 0.5, color=style.BAND, zorder=0, lw=0)
    step = _DOT / (len(looks) * _DOT + _ROW_GAP)
    order = list(looks)
    for cell in cells:
        offset = (order.index(cell.contestant.runtime) - (len(order) - 1) / 2) * step
        row_at = models.index(cell.cell.model) + offset
        _draw_dot(
            axes, cell, cell.metrics[result.metric.id], row_at, looks[cell.contestant.runtime]
        )


def _draw_dot(axes: Axes, cell: CellResult, estimate: Estimate, row: float, look: Look) -> None:
    """Draw one estimate; hollow if its runtime was not free-threaded although it could be."""
    if estimate.low is not None and estimate.high is not None:
        ends = [estimate.low, estimate.high]
        axes.plot(ends, [row, row], color=look.colour, lw=1.8, alpha=0.5, solid_capstyle="butt")
    axes.plot(
        [estimate.value],
        [row],
        marker=look.marker,
        ms=4.5,
        color=look.colour,
        markerfacecolor="white" if cell.gil_came_on else look.colour,
        markeredgewidth=1.0,
        ls="none",
    )
