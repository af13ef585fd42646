"""All models against the baseline: a panel per workload, a row per model, a ratio of costs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from harness.analysis.findings import overall
from harness.analysis.obstacle import Obstacle
from harness.catalog.workload import BASELINE
from harness.presenting.figures import style, ticks
from harness.presenting.figures.contestants import draw_dot
from harness.results.records import Absence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.analysis.run_results import Analysis, CellResult, WorkloadResult
    from harness.presenting.figures.style import Look
    from harness.statistics.estimates import Ratio

_WIDTH, _ROW, _BELOW = 11.0, 0.31, 0.45  # inches
_GAP, _APART = 0.2, 0.06  # inches between panels, and between the tick labels of neighbours
_MOST_COLUMNS = 6
_LEAST_LABELS = 1.25  # inches, for the names of models
_ABSENT = {
    Absence.NOT_APPLICABLE: "not applicable",
    Absence.LIMITED: "above its limit",
    Absence.UNAVAILABLE: "unavailable here",
    Absence.MISSING: "not implemented",
}
_NOTE = (
    "First metric of each workload in its headline case; plain implementations, no variants. If"
    " higher is better, the cost is the inverse: time per request. Grey band: noise (we ran one"
    " program under two names; their results differed by up to that much). The title leaves out"
    " workloads that measure only the workbench."
)


def figure(analysis: Analysis) -> Figure:
    """Draw the overview of a run."""
    results = list(analysis.workloads.values())
    looks = style.model_looks(analysis.models)
    panel = len(analysis.models) * _ROW
    labels = max(_LEAST_LABELS, style.name_width(analysis.models))
    rows = math.ceil(len(results) / _MOST_COLUMNS)
    columns = math.ceil(len(results) / max(1, rows))
    column_width = (_WIDTH - labels - 0.15) / max(1, columns)
    headings = [
        f"{result.workload.title}\n{style.wrap(result.metric.label, column_width - 0.3)}"
        for result in results
    ]
    head = 0.12 + 0.15 * max((text.count("\n") + 1 for text in headings), default=0)
    row_height = head + panel + _BELOW
    sheet, _, top = style.sheet(
        _WIDTH,
        rows * row_height,
        overall(results),
        f"Cost relative to {BASELINE} in the same blocks. Left of 1x: cheaper than {BASELINE}.",
        analysis,
        _NOTE + style.default_only(analysis),
    )
    height = sheet.get_figheight()
    for index, (result, heading) in enumerate(zip(results, headings, strict=True)):
        row, column = divmod(index, columns)
        axes = sheet.add_axes(
            (
                (labels + column * column_width) / _WIDTH,
                top - (row * row_height + head + panel) / height,
                (column_width - _GAP) / _WIDTH,
                panel / height,
            )
        )
        axes.set_title(heading, fontsize=8.5, loc="left", pad=6)
        _draw_panel(axes, result, analysis.models, looks)
        names = analysis.models if column == 0 else [""] * len(analysis.models)
        axes.set_yticks(range(len(names)), names)
    return sheet


def _cost_ratios(result: WorkloadResult) -> dict[str, Ratio]:
    """Return the cost of each model's plain implementation relative to the baseline, if known.

    A contestant that is not ranked has none. Its row says so.
    """
    ratios = {
        cell.cell.model: cell.ratio
        for cell in result.headline
        if cell.contestant.is_plain and cell.ratio is not None and cell.unranked is None
    }
    if result.metric.better == "higher":
        return {model: ratio.inverse() for model, ratio in ratios.items()}
    return ratios


def _draw_panel(
    axes: Axes, result: WorkloadResult, models: Sequence[str], looks: Mapping[str, Look]
) -> None:
    cells = {cell.cell.model: cell for cell in result.headline if cell.contestant.is_plain}
    ratios = _cost_ratios(result)
    _set_axes(axes, list(ratios.values()))
    if result.comparison.floor is not None:
        floor = result.comparison.floor
        axes.axvspan(1 / floor, floor, color=style.FLOOR, alpha=0.35, lw=0, zorder=0.5)
    axes.set_ylim(len(models) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    for row, model in enumerate(models):
        if row % 2:
            axes.axhspan(row - 0.5, row + 0.5, color=style.BAND, zorder=0, lw=0)
        cell = cells.get(model)
        if cell is not None and model in ratios:
            draw_dot(axes, cell, ratios[model], row, looks[model])
        else:
            _write_reason(axes, row, cell)


def _set_axes(axes: Axes, ratios: Sequence[Ratio]) -> None:
    """Set the x axis; it shows at least half to twice, so that small differences look small."""
    lows = [ratio.low if ratio.low is not None else ratio.value for ratio in ratios]
    highs = [ratio.high if ratio.high is not None else ratio.value for ratio in ratios]
    low, high = min([0.5, *lows]) / 1.3, max([2.0, *highs]) * 1.3
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    ticks.set_log_ticks(axes.xaxis, low, high, "x", 4)
    ticks.trim_ticks(axes, "x", (_GAP - _APART) / 2)
    axes.tick_params(axis="x", labelsize=8)
    axes.grid(axis="x")
    axes.axvline(1, color=style.FAINT, lw=1)


def _write_reason(axes: Axes, row: int, cell: CellResult | None) -> None:
    """Write into a row why it has no dot."""
    text, colour = _reason(cell)
    axes.text(
        0.5,
        row,
        text,
        transform=axes.get_yaxis_transform(),
        ha="center",
        va="center",
        fontsize=7.5,
        color=colour,
        style="italic",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
    )


def _reason(cell: CellResult | None) -> tuple[str, str]:
    """Return why a row has no dot, and the colour of that text."""
    if cell is None:
        return "not selected", style.FAINT
    if cell.unranked is not None and cell.unranked.obstacle is not Obstacle.FAILED:
        return cell.unranked.obstacle.value, style.FAILED
    if cell.failures:
        status = next(status for status in cell.statuses if status.value != "ok")
        return f"failed: {status.label}", style.FAILED
    if cell.absent is not None:
        return _ABSENT[cell.absent.absence], style.FAINT
    return "not measured yet" if not cell.metrics else "no baseline", style.FAINT
