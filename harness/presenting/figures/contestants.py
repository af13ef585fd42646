"""The main figure of a workload: a row per contestant, a panel per metric, dots with intervals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from harness import units
from harness.analysis.findings import title
from harness.analysis.requests import describe_better
from harness.analysis.run_results import in_row_order
from harness.catalog.contestant import DEFAULT_RUNTIME
from harness.catalog.workload import OTHER_VARIANTS
from harness.presenting.figures import row_notes, style, ticks

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.analysis.comparison import Comparison
    from harness.analysis.run_results import Analysis, CellResult, WorkloadResult
    from harness.catalog.contestant import Contestant
    from harness.catalog.parts import Metric
    from harness.presenting.figures.style import Look
    from harness.statistics.estimates import Estimate

_WIDTH, _ROW = 10.0, 0.27  # inches
_VALUES = 1.15  # inches, right of a panel's axis, for the numbers
_HEAD_LINE = 0.15  # inches, a line of a panel's heading
_NOTE_LINE = 0.17  # inches, a line of the notes below the panels
_LEAST_PERCENT = 0.01
_SAME_UNIT = 1_000  # how many times the value an interval may be, and still have its unit
_MOST_ROWS = 30
_NEAR_START = 3  # times the value at which an axis begins


def figure(analysis: Analysis, result: WorkloadResult) -> Figure:
    """Draw the headline case of one workload."""
    whole, result = result, _leave_out_runtimes(result)
    left_out = "" if result is whole else f"{style.OTHER_RUNTIMES} "
    cells = in_row_order(result)
    notes = row_notes.collect(result)
    marked = {cell.contestant for note in notes for cell in note.marked}
    metrics, same = _choose_metrics(result, cells)
    lines = row_notes.write_lines(notes, same)
    rows = _place_rows(result, cells)
    names = {row: _name_row(cell, marked) for row, cell in rows.cells.items()}
    labels = style.name_width([*rows.headings, *names.values()])
    column_width = (_WIDTH - labels - 0.1) / max(1, len(metrics))
    headings = [_heading(result, metric, cells, column_width - 0.15) for metric in metrics]
    head = 0.12 + _HEAD_LINE * max((text.count("\n") + 1 for text in headings), default=0)
    panel = max(1, rows.count) * _ROW
    below = 0.55 + (0.1 + _NOTE_LINE * len(lines) if lines else 0)
    sheet, bottom, top = _sheet(analysis, result, head + panel + below, left_out)
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
        _draw_panel(axes, result, metric, rows, style.model_looks(analysis.models))
        _name_rows(axes, rows, names if column == 0 else {})
    _write_notes(sheet, lines, bottom)
    return sheet


def _leave_out_runtimes(result: WorkloadResult) -> WorkloadResult:
    """Return a result of many rows without further runtimes, unless they lead."""
    if len(in_row_order(result)) <= _MOST_ROWS:
        return result
    rankings = [one.comparison for one in (result, result.by_cpu) if one is not None]
    kept = [
        cell
        for cell in result.headline
        if cell.contestant.runtime == DEFAULT_RUNTIME
        or any(ranking.tier_of(cell.contestant) == 1 for ranking in rankings)
    ]
    if len(kept) == len(result.headline):
        return result
    return replace(result, cases={**result.cases, result.headline_id: kept})


def _choose_metrics(
    result: WorkloadResult, cells: Sequence[CellResult]
) -> tuple[list[Metric], list[str]]:
    """Return the metrics that get a panel, and sentences on those that are the same in all rows."""
    shown, same = [], []
    # What is there to check the points of a map is no result, and stands in the tables.
    check = result.workload.grid.used if result.workload.grid else ""
    for metric in result.workload.metrics.values():
        if metric.id == check:
            continue
        known = [cell.metrics[metric.id].value for cell in cells if metric.id in cell.metrics]
        if metric.id != result.metric.id and len(known) > 1 and len(set(known)) == 1:
            value = units.format_compact(known[0], metric.unit)
            same.append(f"{metric.label}: {value} in all rows")
        elif known:
            shown.append(metric)
    return shown, same


def _sheet(analysis: Analysis, result: WorkloadResult, body: float, before: str) -> style.Sheet:
    """Make the sheet; its question names the parameters of the case, `before` begins its foot."""
    workload = result.workload
    settings = workload.describe_params(workload.cases[result.headline_id])
    return style.sheet(
        _WIDTH,
        body,
        title(result),
        workload.question + (f"  ({settings})" if settings else ""),
        analysis,
        before + style.band_note(result.comparison),
    )


def _write_notes(sheet: Figure, notes: Sequence[str], bottom: float) -> None:
    width, height = sheet.get_size_inches()
    sheet.text(
        0.2 / width,
        bottom + 0.06 / height,
        "\n".join(notes),
        fontsize=8,
        color=style.FAINT,
        va="bottom",
        linespacing=1.45,
    )


@dataclass(frozen=True)
class _Rows:
    """Where the contestants of a figure are, from the top, with a row for each group's heading."""

    cells: Mapping[int, CellResult]
    headings: Mapping[str, int]  # label of a group -> row; empty for a single group

    @property
    def count(self) -> int:
        return len(self.cells) + len(self.headings)


def _place_rows(result: WorkloadResult, ordered: Sequence[CellResult]) -> _Rows:
    """Place cells in their order, group by group if there are several groups of variants."""
    workload = result.workload
    if len({workload.group_of(cell.contestant) for cell in ordered}) < 2:  # noqa: PLR2004
        return _Rows(dict(enumerate(ordered)), {})
    labels = [*(group.label for group in workload.groups), OTHER_VARIANTS]
    placed: dict[int, CellResult] = {}
    headings: dict[str, int] = {}
    for cell in sorted(ordered, key=lambda cell: workload.group_of(cell.contestant)):
        label = labels[workload.group_of(cell.contestant)]
        headings.setdefault(label, len(placed) + len(headings))
        placed[len(placed) + len(headings)] = cell
    return _Rows(placed, headings)


def _name_rows(axes: Axes, rows: _Rows, names: Mapping[int, str]) -> None:
    """Write the names of contestants, and of groups in bold, beside a panel, if there are names."""
    named = {**names, **({row: label for label, row in rows.headings.items()} if names else {})}
    axes.set_yticks(range(rows.count), [named.get(row, "") for row in range(rows.count)])
    for row, text in enumerate(axes.get_yticklabels()):
        text.set_fontweight("bold" if row in rows.headings.values() else "normal")


def _shaded_rows(rows: _Rows, comparison: Comparison) -> set[int]:
    """Return the rows that are grey: every second band of successive rows of one tier is.

    Tiers whose rows are not drawn do not count: two tiers of one colour would look like one. Rows
    without a tier are a band too.
    """
    bands = groupby(rows.cells.items(), key=lambda item: comparison.tier_of(item[1].contestant))
    return {row for number, (_, band) in enumerate(bands) if number % 2 for row, _ in band}


def _draw_panel(
    axes: Axes,
    result: WorkloadResult,
    metric: Metric,
    rows: _Rows,
    looks: Mapping[str, Look],
) -> None:
    known = [cell.metrics[metric.id] for cell in rows.cells.values() if metric.id in cell.metrics]
    ticks.set_x_scale(axes, metric.unit, [_low(value) for value in known], list(map(_high, known)))
    axes.set_ylim(rows.count - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    shaded = _shaded_rows(rows, result.comparison)
    for row, cell in rows.cells.items():
        estimate = cell.metrics.get(metric.id)
        if row in shaded:
            axes.axhspan(row - 0.5, row + 0.5, color=style.BAND, zorder=0, lw=0)
        if estimate is not None:
            draw_dot(axes, cell, estimate, row, looks[cell.cell.model])
            axes.text(
                1.03,
                row,
                _format_estimate(cell, estimate, metric) + _format_tier(result, cell, metric),
                transform=axes.get_yaxis_transform(),
                va="center",
                fontsize=8,
            )
        elif metric.id in cell.lacking:
            axes.text(
                0.5,
                row,
                cell.lacking[metric.id],
                transform=axes.get_yaxis_transform(),
                ha="center",
                va="center",
                fontsize=7.5,
                color=style.FAINT,
                style="italic",
            )


def draw_dot(axes: Axes, cell: CellResult, estimate: Estimate, row: float, look: Look) -> None:
    """Draw one estimate. The marker of a variant is hollow, so that a model keeps its colour."""
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
        clip_on=estimate.value > _NEAR_START * axes.get_xlim()[0],  # whole at the left edge
    )


def _heading(
    result: WorkloadResult, metric: Metric, cells: Sequence[CellResult], inches: float
) -> str:
    tiers = "[CPU tier]" if _tiers_by(result, metric) else ""
    remarks = "; ".join(filter(None, [describe_better(metric, cells), tiers]))
    label = style.wrap(metric.label, inches)
    return f"{label}\n{style.wrap(f'({remarks})', inches)}" if remarks else label


def _format_estimate(cell: CellResult, estimate: Estimate, metric: Metric) -> str:
    """Return a value with the longer half of its interval: `52.3 µs ±3%`, or with n."""
    if cell.cell.model in metric.baselines and not cell.contestant.variant:
        return "baseline"
    text = units.format_compact(estimate.value, metric.unit)
    if estimate.low is None or estimate.high is None:
        return f"{text} (n = {estimate.n})"
    half = max(estimate.high - estimate.value, estimate.value - estimate.low)
    if half >= _SAME_UNIT * abs(estimate.value):
        return f"{text} ±{units.format_compact(half, metric.unit, 2)}"
    if half >= abs(estimate.value):
        return f"{text} ±{units.format_like(half, estimate.value, metric.unit, 2)}"
    percent = 100 * half / abs(estimate.value)
    if percent < _LEAST_PERCENT:
        return f"{text} ±<{_LEAST_PERCENT}%"
    return f"{text} ±{units.format_significant(percent, 2)}%"


def _tiers_by(result: WorkloadResult, metric: Metric) -> Comparison | None:
    """Return the ranking of servers by CPU time if this is the metric, and there are tiers."""
    by_cpu = result.by_cpu
    if by_cpu is None or by_cpu.metric.id != metric.id or not by_cpu.comparison.tiers:
        return None
    return by_cpu.comparison


def _format_tier(result: WorkloadResult, cell: CellResult, metric: Metric) -> str:
    """Return the tier of a server by CPU time, for the panel of that: ` [2]`."""
    ranking = _tiers_by(result, metric)
    number = None if ranking is None else ranking.tier_of(cell.contestant)
    return "" if number is None else f" [{number}]"


def _low(estimate: Estimate) -> float:
    return estimate.value if estimate.low is None else estimate.low


def _high(estimate: Estimate) -> float:
    return estimate.value if estimate.high is None else estimate.high


def _name_row(cell: CellResult, marked: Collection[Contestant]) -> str:
    """Return the name of a row, marked if a line below the panels says something of it."""
    return f"{cell.name} {row_notes.MARK}" if cell.contestant in marked else cell.name
