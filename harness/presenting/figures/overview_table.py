"""All models against the baseline as a table of numbers, where a run has many workloads."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from harness import units
from harness.analysis.findings import client_limited, overall
from harness.analysis.lead import does_other_work, lead_of, rivals
from harness.analysis.obstacle import Obstacle
from harness.analysis.run_results import by_topic
from harness.catalog.workload import BASELINE
from harness.presenting.figures import style
from harness.results.records import Absence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.analysis.run_results import Analysis, CellResult, WorkloadResult
    from harness.statistics.estimates import Ratio

_WIDTH, _ROW = 11.0, 0.255  # inches
_LABELS, _RIGHT = 3.05, 0.15  # inches, left and right of the columns
_MARKER = 0.28  # inches, below the names of models
_MOST_INK = 0.55  # of the colour behind a number, at a factor of _FULL and more
_FULL = 10.0
_LARGE = 1_000  # factors from here on are shortened: 1.6k
_CHEAPER, _DEARER = "#3b7dd8", "#e08214"
_ABSENT = {
    Absence.NOT_APPLICABLE: "n/a",
    Absence.LIMITED: "limit",
    Absence.UNAVAILABLE: "none",
    Absence.MISSING: "none",
}
_OBSTACLES = {Obstacle.CLIENT_LIMITED: "client", Obstacle.TOO_FEW: "too few"}
_NOTE = "Bold: best or tied; go-1cpu and go are one. Grey: no real difference."
_MEANINGS = {
    "n/a": "not applicable",
    "other": "other work",
    "limit": "too much for it",
    "client": "limited by the load generator",
    "too few": "fewer blocks than others",
}


def figure(analysis: Analysis) -> Figure:
    """Draw a row per workload, under headings if they have topics, and a column per model."""
    rows: list[WorkloadResult | str] = []
    shown = [one for one in analysis.workloads.values() if not one.workload.is_floor]
    for heading, results in by_topic(shown):
        rows += [heading, *results] if heading else results
    models = [model for model in analysis.models if _has_value(analysis, model)]
    missing = [model for model in analysis.models if model not in models]
    note = f"Not here: {', '.join(missing)}. " if missing else ""
    note += _NOTE + _explain_words(shown, models) + style.default_only(analysis)
    head = _MARKER + style.name_width(models)
    body = head + len(rows) * _ROW
    sheet, bottom, top = style.sheet(
        _WIDTH,
        body,
        overall(list(analysis.workloads.values())),
        f"Cost relative to {BASELINE} in the same blocks. Below 1, blue: cheaper than {BASELINE}.",
        analysis,
        note,
        intervals=False,
    )
    axes = sheet.add_axes((0, bottom, 1, top - bottom))
    axes.set_xlim(0, _WIDTH)
    axes.set_ylim(body, 0)
    axes.axis("off")
    width = (_WIDTH - _LABELS - _RIGHT) / max(1, len(models))
    _draw_heads(axes, models, head, width, analysis)
    for index, row in enumerate(rows):
        y = head + (index + 0.5) * _ROW
        if isinstance(row, str):
            axes.text(0.2, y, row, fontsize=9.5, weight="bold", va="center")
        else:
            _draw_row(axes, row, models, y, width)
    return sheet


def _explain_words(results: Sequence[WorkloadResult], models: Sequence[str]) -> str:
    """Explain the words that stand in places without a number."""
    words = {
        _word(result, cell)
        for result in results
        for cell in result.headline
        if cell.contestant.is_plain and cell.cell.model in models and _cost(result, cell) is None
    }
    return "".join(f" {word}: {said}." for word, said in _MEANINGS.items() if word in words)


def _has_value(analysis: Analysis, model: str) -> bool:
    """Return whether a model was measured in any workload."""
    cells = (cell for result in analysis.workloads.values() for cell in result.headline)
    return any(cell.cell.model == model and cell.attempts for cell in cells)


def _draw_heads(
    axes: Axes, models: Sequence[str], head: float, width: float, analysis: Analysis
) -> None:
    """Write the models' names upwards, each above its marker."""
    looks = style.model_looks(analysis.models)
    for column, model in enumerate(models):
        x, look = _LABELS + (column + 0.5) * width, looks[model]
        axes.plot([x], [head - 0.14], marker=look.marker, ms=6.5, color=look.colour)
        axes.text(x, head - _MARKER, model, fontsize=8.5, rotation=90, ha="center", va="bottom")


def _draw_row(
    axes: Axes, result: WorkloadResult, models: Sequence[str], y: float, width: float
) -> None:
    axes.plot([0.2, _WIDTH - _RIGHT], [y - _ROW / 2] * 2, color=style.GRID, lw=0.6, zorder=0)
    axes.text(0.2, y, result.workload.title, fontsize=9, va="center")
    axes.text(
        _LABELS - 0.08, y, result.metric.label, fontsize=7, va="center", ha="right",
        color=style.FAINT,
    )  # fmt: skip
    cells = {cell.cell.model: cell for cell in result.headline if cell.contestant.is_plain}
    leaders = _leaders(result)
    for column, model in enumerate(models):
        left, cell = _LABELS + column * width, cells.get(model)
        ratio = None if cell is None else _cost(result, cell)
        text, colour, size = _word(result, cell), style.FAINT, 7.0
        if cell is not None and ratio is not None:
            text, size = _format(ratio.value), 9.0
            if not _is_like_baseline(result, ratio):
                colour = style.INK
                axes.add_patch(_shade(left, y, width, ratio.value))
        axes.text(
            left + width / 2,
            y,
            text,
            fontsize=size,
            color=style.INK if model in leaders else colour,
            weight="bold" if model in leaders else "normal",
            ha="center",
            va="center",
        )


def _shade(left: float, y: float, width: float, ratio: float) -> Rectangle:
    """Return what lies behind a number: the stronger, the further it is from 1."""
    ink = _MOST_INK * min(1.0, abs(math.log(ratio)) / math.log(_FULL))
    base = to_rgb(_CHEAPER if ratio < 1 else _DEARER)
    colour = tuple(1 - ink * (1 - part) for part in base)
    return Rectangle((left, y - _ROW / 2), width, _ROW, facecolor=colour, lw=0, zorder=0.5)


def _cost(result: WorkloadResult, cell: CellResult) -> Ratio | None:
    """Return the cost of a ranked cell relative to the baseline, if known."""
    if cell.ratio is None or cell.unranked is not None or does_other_work(result, cell):
        return None
    return cell.ratio.inverse() if result.metric.better == "higher" else cell.ratio


def _is_like_baseline(result: WorkloadResult, ratio: Ratio) -> bool:
    """Return whether a difference from the baseline is not more than chance or noise."""
    floor = result.comparison.floor or 1.0
    low, high = (ratio.value if end is None else end for end in (ratio.low, ratio.high))
    return low <= 1 <= high or 1 / floor <= ratio.value <= floor


def _leaders(result: WorkloadResult) -> tuple[str, ...]:
    """Return the models that lead a workload, alone or tied; none if that is undecided."""
    cells = rivals(result)
    if client_limited(result.headline):
        return ()
    if not cells or not cells[0].metrics[result.metric.id].has_interval:
        return ()
    lead = lead_of(cells, result.comparison)
    return () if lead.undecided else lead.first


def _format(ratio: float) -> str:
    rounded = units.round_significant(ratio, 2)
    return units.format_si(rounded) if rounded >= _LARGE else units.format_significant(ratio, 2)


def _word(result: WorkloadResult, cell: CellResult | None) -> str:
    """Return why a place has no number, in a word."""
    if cell is None:
        return ""
    if cell.unranked is not None:
        obstacle = cell.unranked.obstacle
        return _OBSTACLES.get(obstacle, obstacle.value)
    if cell.absent is not None:
        return _ABSENT[cell.absent.absence]
    if cell.metrics and does_other_work(result, cell):
        return "other"
    return "no ratio" if cell.metrics else "not yet"
