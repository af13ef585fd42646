"""The main figure of a workload: a row a contestant, a dot with its interval, a panel a metric."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from harness import units
from harness.analysis.findings import finding
from harness.presenting.figures import style
from harness.results.records import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.analysis.analyse import Analysis, CellResult, WorkloadResult
    from harness.catalog.workload import Metric
    from harness.presenting.figures.style import Look
    from harness.statistics.estimates import Estimate

_WIDTH, _ROW = 10.0, 0.27  # inches
_VALUES = 1.15  # inches, right of a panel's axis, for the numbers
_LEAST_PERCENT = 0.01
_HEAD_LINE = 0.15  # inches, of a panel's heading


def figure(analysis: Analysis, result: WorkloadResult) -> Figure:
    """Draw the headline case of one workload."""
    shown = _order([one for one in result.headline if one.metrics], result.metric)
    notes = [line for one in result.headline if _needs_note(one) for line in _why(one)]
    metrics = [
        metric
        for metric in result.workload.metrics.values()
        if any(metric.id in one.metrics for one in shown)
    ]
    labels = style.name_width([one.name for one in shown])
    column_width = (_WIDTH - labels - 0.1) / max(1, len(metrics))
    headings = [_heading(metric, column_width - 0.15) for metric in metrics]
    head = 0.12 + _HEAD_LINE * max((text.count("\n") + 1 for text in headings), default=0)
    panel = max(1, len(shown)) * _ROW
    below = 0.55 + (0.1 + 0.17 * len(notes) if notes else 0)
    case = result.workload.cases[result.headline_id]
    settings = result.workload.settings(case)
    sheet, bottom, top = style.sheet(
        _WIDTH,
        head + panel + below,
        f"{result.workload.title}: {finding(result)}",
        result.workload.question + (f"  ({settings})" if settings else ""),
        analysis,
        style.certainty(result.comparison),
    )
    height = sheet.get_figheight()
    for column, (metric, heading) in enumerate(zip(metrics, headings, strict=True)):
        axes = sheet.add_axes(
            (
                (labels + column * column_width) / _WIDTH,
                top - (head + panel) / height,
                (column_width - _VALUES) / _WIDTH,
                panel / height,
            )
        )
        axes.set_title(heading, fontsize=8.5, loc="left", pad=6)
        _panel(
            axes,
            metric,
            shown,
            _bands(result, shown),
            style.looks(analysis.models),
            named=column == 0,
        )
    sheet.text(
        0.2 / _WIDTH,
        bottom + 0.06 / height,
        "\n".join(notes),
        fontsize=8,
        color=style.FAINT,
        va="bottom",
        linespacing=1.45,
    )
    return sheet


def _order(cells: Sequence[CellResult], metric: Metric) -> list[CellResult]:
    """Best first; then what failed now and then, since it has no tier; then what has no value."""
    sign = 1 if metric.better == "lower" else -1
    known = [one for one in cells if metric.id in one.metrics]
    known.sort(key=lambda one: (one.failures > 0, sign * one.metrics[metric.id].value))
    return known + [one for one in cells if metric.id not in one.metrics]


def _bands(result: WorkloadResult, cells: Sequence[CellResult]) -> list[bool]:
    """Return for each row whether it is shaded: tiers alternate, and without tiers nothing is."""
    tiers = [result.comparison.tier_of(one.contestant) for one in cells]
    return [tier is not None and tier % 2 == 0 for tier in tiers]


def _panel(
    axes: Axes,
    metric: Metric,
    cells: Sequence[CellResult],
    shaded: Sequence[bool],
    looks: Mapping[str, Look],
    *,
    named: bool,
) -> None:
    estimates = [one.metrics.get(metric.id) for one in cells]
    known = [one for one in estimates if one is not None]
    style.scale(axes, metric.unit, [_low(one) for one in known], [_high(one) for one in known])
    axes.set_ylim(len(cells) - 0.5, -0.5)
    axes.set_yticks(range(len(cells)), [one.name if named else "" for one in cells])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    for row, (one, estimate) in enumerate(zip(cells, estimates, strict=True)):
        if shaded[row]:
            axes.axhspan(row - 0.5, row + 0.5, color=style.BAND, zorder=0, lw=0)
        if estimate is not None:
            draw_dot(axes, one, estimate, row, looks[one.cell.model])
            axes.text(
                1.03,
                row,
                _number(one, estimate, metric),
                transform=axes.get_yaxis_transform(),
                va="center",
                fontsize=8,
            )


def draw_dot(axes: Axes, cell: CellResult, estimate: Estimate, row: float, look: Look) -> None:
    """Draw one estimate; a variant's marker is hollow, so that a model keeps its colour."""
    if estimate.low is not None and estimate.high is not None:
        axes.plot(
            [estimate.low, estimate.high],
            [row, row],
            color=look.colour,
            lw=2.2,
            alpha=0.55,
            solid_capstyle="butt",
        )
    face = look.colour if cell.contestant.is_plain else "white"
    axes.plot(
        [estimate.value],
        [row],
        marker=look.marker,
        ms=6.5,
        color=look.colour,
        markerfacecolor=face,
        markeredgewidth=1.3,
        ls="none",
    )


def _heading(metric: Metric, inches: float) -> str:
    better = "less" if metric.better == "lower" else "more"
    return f"{style.wrapped(metric.label, inches)}\n({better} is better)"


def _number(cell: CellResult, estimate: Estimate, metric: Metric) -> str:
    if cell.cell.model in metric.baselines and cell.contestant.is_plain:
        return "baseline"
    text = units.format_compact(estimate.value, metric.unit)
    if estimate.low is not None and estimate.high is not None:
        half = max(estimate.high - estimate.value, estimate.value - estimate.low)
        if half < abs(estimate.value):
            percent = 100 * half / abs(estimate.value)
            small = percent < _LEAST_PERCENT
            text += " ±<0.01%" if small else f" ±{units.format_significant(percent, 2)}%"
        else:
            text += f" ±{units.format_compact(half, metric.unit, 2)}"
    else:
        text += f" (n = {estimate.n})"
    return text


def _low(one: Estimate) -> float:
    return one.value if one.low is None else one.low


def _high(one: Estimate) -> float:
    return one.value if one.high is None else one.high


def _needs_note(one: CellResult) -> bool:
    return not one.metrics or one.failures > 0


def _why(one: CellResult) -> list[str]:
    """Say why a cell has no dot, or what its dot leaves out, in lines that fit."""
    if one.failures:
        words = ", ".join(
            f"{n} {status.value.replace('_', ' ')}"
            for status, n in one.statuses.items()
            if status is not Status.OK
        )
        text = f"{one.name}: {words} of {one.attempts} trials: {one.message}"
    elif one.absent is not None:
        text = f"{one.name}: {one.absent.absence.value.replace('_', ' ')}: {one.absent.reason}"
    else:
        text = f"{one.name}: not measured yet"
    return textwrap.wrap(units.printable(text), 150, subsequent_indent="    ")
