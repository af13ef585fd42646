"""Everything against asyncio: a column a workload, a row a model, a ratio of costs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from harness.analysis.findings import overall
from harness.catalog.workload import BASELINE
from harness.presenting.figures import style
from harness.presenting.figures.contestants import draw_dot
from harness.results.records import Absence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.analysis.analyse import Analysis, CellResult, WorkloadResult
    from harness.presenting.figures.style import Look
    from harness.statistics.estimates import Ratio

_WIDTH, _ROW, _BELOW = 11.0, 0.31, 0.45  # inches
_GAP, _APART = 0.2, 0.06  # inches between panels, and between the tick labels of neighbours
_MOST_COLUMNS = 6
_LEAST_LABELS = 1.25  # inches, of the models' names
_ABSENT = {
    Absence.NOT_APPLICABLE: "not applicable",
    Absence.LIMITED: "beyond its limit",
    Absence.UNAVAILABLE: "unavailable here",
    Absence.MISSING: "not written",
}


def figure(analysis: Analysis) -> Figure:
    """Draw the overview of a run."""
    results = list(analysis.workloads.values())
    looks = style.looks(analysis.models)
    panel = len(analysis.models) * _ROW
    labels = max(_LEAST_LABELS, style.name_width(analysis.models))
    rows = math.ceil(len(results) / _MOST_COLUMNS)
    columns = math.ceil(len(results) / max(1, rows))
    column_width = (_WIDTH - labels - 0.15) / max(1, columns)
    headings = [
        f"{result.workload.title}\n{style.wrapped(result.metric.label, column_width - 0.3)}"
        for result in results
    ]
    head = 0.12 + 0.15 * max((text.count("\n") + 1 for text in headings), default=0)
    row_height = head + panel + _BELOW
    sheet, _, top = style.sheet(
        _WIDTH,
        rows * row_height,
        overall(results),
        f"Cost relative to {BASELINE} in the same blocks: left of the line costs less.",
        analysis,
        "Headline case and first metric of each workload; plain implementations, no variants."
        " Where more is better, the cost is the inverse: time for a request."
        " Around 1x the noise floor: what one contestant seems to differ from itself by."
        " The title leaves out what only measures the workbench (Nothing).",
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
        _panel(axes, result, analysis.models, looks, named=column == 0)
    return sheet


def _costs(result: WorkloadResult) -> dict[str, Ratio]:
    """Return the cost of each plain contestant against the baseline's, where it is known.

    One that failed now and then has none: what survived is no fair sample, and its row says so.
    """
    ratios = {
        one.cell.model: one.ratio
        for one in result.headline
        if one.contestant.is_plain and one.ratio is not None and not one.failures
    }
    if result.metric.better == "higher":
        return {model: ratio.inverse() for model, ratio in ratios.items()}
    return ratios


def _panel(
    axes: Axes,
    result: WorkloadResult,
    models: Sequence[str],
    looks: Mapping[str, Look],
    *,
    named: bool,
) -> None:
    cells = {one.cell.model: one for one in result.headline if one.contestant.is_plain}
    costs = _costs(result)
    ratios = list(costs.values())
    lows = [one.low if one.low is not None else one.value for one in ratios]
    highs = [one.high if one.high is not None else one.value for one in ratios]
    # At least a factor of two to each side, so that small differences do not look large.
    low, high = min([0.5, *lows]) / 1.3, max([2.0, *highs]) * 1.3
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    style.human_log_ticks(axes.xaxis, low, high, "x", 4)
    style.keep_ticks_within(axes, "x", (_GAP - _APART) / 2)
    axes.tick_params(axis="x", labelsize=8)
    axes.grid(axis="x")
    axes.axvline(1, color=style.FAINT, lw=1)
    if result.comparison.floor is not None:
        floor = result.comparison.floor
        axes.axvspan(1 / floor, floor, color=style.FLOOR, alpha=0.35, lw=0, zorder=0.5)
    axes.set_ylim(len(models) - 0.5, -0.5)
    axes.set_yticks(range(len(models)), models if named else [""] * len(models))
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    for row, model in enumerate(models):
        if row % 2:
            axes.axhspan(row - 0.5, row + 0.5, color=style.BAND, zorder=0, lw=0)
        one = cells.get(model)
        if one is not None and model in costs:
            draw_dot(axes, one, costs[model], row, looks[model])
        else:
            text, colour = _gap(one)
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


def _gap(one: CellResult | None) -> tuple[str, str]:
    if one is None:
        return "not asked for", style.FAINT
    if one.failures:
        worst = next(status for status in one.statuses if status.value != "ok")
        return f"failed: {worst.value.replace('_', ' ')}", style.FAILED
    if one.absent is not None:
        return _ABSENT[one.absent.absence], style.FAINT
    return "not measured yet" if not one.metrics else "no baseline", style.FAINT
