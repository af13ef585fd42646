"""Lateness beside work: a panel for each kind of work, a strip from the usual to the worst."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from harness.catalog.workload import CHECK
from harness.presenting.figures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.analysis.analyse import Analysis, CellResult, WorkloadResult
    from harness.catalog.workload import Case, Workload

_WIDTH, _COLUMNS = 11.0, 3
_ROW, _HEAD, _FOOT, _GAP = 0.19, 0.34, 0.38, 0.12  # inches
_USUAL, _TAIL = 0.5, 0.99
_SAID_NS = 10_000_000  # the beat itself: later than that is a beat that was missed


def has_strips(result: WorkloadResult) -> bool:
    """Return whether several cases have waits, so that they are to be seen beside each other."""
    return sum(any(one.curve for one in cells) for cells in result.cases.values()) > 1


def figure(analysis: Analysis, result: WorkloadResult) -> Figure:
    """Draw the median, the 99th percentile and the worst wait of each model in each case."""
    cases = [
        (result.workload.cases[id_], [one for one in cells if one.curve])
        for id_, cells in result.cases.items()
        if id_ != CHECK and any(one.curve for one in cells)
    ]
    names = [model for model in result.models if _is_shown(model, cases)]
    rows = math.ceil(len(cases) / _COLUMNS)
    panel = _ROW * len(names)
    body = rows * (_HEAD + panel + _FOOT + _GAP)
    sheet, _, top = style.sheet(
        _WIDTH,
        body,
        f"{result.workload.title}: {_finding(cases)}",
        result.workload.question,
        analysis,
        "Each strip: from the median (line) over 99 of 100 (bar's end) to the worst wait (marker)."
        " Shaded: how long the work beside it lasts.",
        intervals=False,
    )
    height = sheet.get_figheight()
    left = style.name_width(names)
    width = (_WIDTH - left - 0.25) / _COLUMNS
    span = _span(cases)
    for index, (case, cells) in enumerate(cases):
        row, column = divmod(index, _COLUMNS)
        axes = sheet.add_axes(
            (
                (left + column * width) / _WIDTH,
                top - ((row + 1) * (_HEAD + panel) + row * (_FOOT + _GAP)) / height,
                (width - 0.2) / _WIDTH,
                panel / height,
            )
        )
        axes.set_title(_heading(result.workload, case), fontsize=8.5, loc="left", pad=5)
        _panel(axes, analysis, case, {one.cell.model: one for one in cells}, names, span)
        axes.set_yticks(range(len(names)), names if column == 0 else [""] * len(names))
        axes.tick_params(axis="y", length=0, labelsize=8)
    return sheet


def _is_shown(model: str, cases: list[tuple[Case, list[CellResult]]]) -> bool:
    return any(one.cell.model == model for _, cells in cases for one in cells)


def _span(cases: list[tuple[Case, list[CellResult]]]) -> tuple[float, float]:
    values = [
        ns for _, cells in cases for one in cells for share, ns in one.curve if share >= _USUAL
    ]
    return max(min(values), 10_000.0) / 1.6, max(values) * 1.6


def _panel(
    axes: Axes,
    analysis: Analysis,
    case: Case,
    cells: dict[str, CellResult],
    names: list[str],
    span: tuple[float, float],
) -> None:
    looks = style.looks(analysis.models)
    axes.set_xscale("log")
    axes.set_xlim(*span)
    axes.set_ylim(len(names) - 0.5, -0.5)
    style.human_log_ticks(axes.xaxis, *span, "ns", 5)
    axes.tick_params(axis="x", labelsize=7.5)
    axes.grid(axis="x")
    axes.spines["left"].set_visible(False)
    lasts = _lasts_ns(case)
    if lasts:
        axes.axvspan(span[0], lasts, color=style.BAND, zorder=0, lw=0)
    for row, name in enumerate(names):
        one = cells.get(name)
        if one is None:
            axes.text(
                0.01,
                row,
                "not applicable",
                transform=axes.get_yaxis_transform(),
                fontsize=7,
                color=style.FAINT,
                va="center",
            )
            continue
        points = dict(one.curve)
        colour = looks[name].colour
        usual, worst = max(points.get(_USUAL, span[0]), span[0]), max(points[1.0], span[0])
        tail = max(points.get(_TAIL, worst), span[0])
        axes.plot([usual, worst], [row, row], color=colour, lw=1.0, alpha=0.6)
        axes.plot([usual, tail], [row, row], color=colour, lw=4.0, alpha=0.4, solid_capstyle="butt")
        axes.plot([usual, usual], [row - 0.3, row + 0.3], color=colour, lw=1.6)
        axes.plot([worst], [row], color=colour, marker=looks[name].marker, ms=5)


def _heading(workload: Workload, case: Case) -> str:
    """Return what is done beside the ticks in words: `cpu, 200 ms, on the loop`."""
    params = case.params
    if "beside" not in params:
        return case.id
    if params["beside"] == "nothing":
        return "beside nothing"
    return f"beside {params['beside']} {workload.describe_param(case, 'amount')}, {_where(case)}"


def _where(case: Case) -> str:
    """Return where the work beside the ticks is done, or nothing."""
    on = case.params.get("on")
    if on is None or case.params.get("beside") == "nothing":
        return ""
    return "on the loop" if on == "loop" else f"in a {on}"


def _lasts_ns(case: Case) -> int:
    """Return how long the work beside the ticks lasts, where that is known."""
    if case.params.get("beside") in ("cpu", "block"):
        return int(case.params["amount"])
    return 0


def _finding(cases: list[tuple[Case, list[CellResult]]]) -> str:
    """Say how many models miss a beat, by where the work beside it is done."""
    able: dict[str, set[str]] = {}
    late: dict[str, set[str]] = {}
    for case, cells in cases:
        where = _where(case)
        able.setdefault(where, set()).update(one.cell.model for one in cells)
        late.setdefault(where, set()).update(
            one.cell.model for one in cells if dict(one.curve)[1.0] > _SAID_NS
        )
    if not any(late.values()):
        return "no model misses a beat, whatever is beside it"
    said = [
        f"{len(late[where]) or 'none'} of {len(models)} models"
        f" {f'beside work {where}' if where else 'without work beside it'}"
        for where, models in able.items()
        if where or late[where]
    ]
    return f"beats are missed by {', by '.join(said)}"
