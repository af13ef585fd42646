"""Single waits: how long which share of them lasts at most, far into the tail."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from harness import units
from harness.presenting.figures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.analysis.analyse import Analysis, CellResult, WorkloadResult

_WIDTH, _BODY = 10.0, 4.9  # inches
_LEFT, _RIGHT, _BELOW, _ABOVE = 0.85, 1.5, 0.62, 0.15  # inches
_SHARES = (0.0, 0.5, 0.9, 0.99, 0.999, 0.9999)
_NOTED = 0.99
_WORST = 0.45  # of a decade, beyond the last share that is known


def has_curves(result: WorkloadResult) -> bool:
    """Return whether the headline case has waits to draw."""
    return bool(_shown(result))


def figure(analysis: Analysis, result: WorkloadResult) -> Figure:
    """Draw the waits of the headline case, a curve for each model, of all its processes."""
    case = result.workload.cases[result.headline_id]
    rate = f" at {case.rate_per_s:,} a second" if case.rate_per_s else ""
    settings = result.workload.settings(case)
    sheet, bottom, top = style.sheet(
        _WIDTH,
        _BODY,
        f"{result.workload.title}: {_finding(result)}",
        f"How long does which share wait at most{rate}?  ({settings})",
        analysis,
        "Every wait of all processes; the last point of a line is the worst of them.",
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
    _draw(axes, analysis, _shown(result))
    return sheet


def _shown(result: WorkloadResult) -> list[CellResult]:
    """Return the plain contestants; with variants too, more lines cross than eyes can follow."""
    return [one for one in result.headline if one.curve and one.contestant.is_plain]


def _place(share: float, last: float) -> float:
    """Return where a share is drawn: each further nine as wide as the one before."""
    return -math.log10(1 - share) if share < 1 else -math.log10(1 - last) + _WORST


def _draw(axes: Axes, analysis: Analysis, cells: list[CellResult]) -> None:
    looks = style.looks(analysis.models)
    last = max(share for one in cells for share, _ in one.curve if share < 1)
    least_ns = min(max(ns, 1_000.0) for one in cells for _, ns in one.curve)
    most_ns = max(ns for one in cells for _, ns in one.curve)
    ends = []
    for one in cells:
        look = looks[one.cell.model]
        own_last = max(share for share, _ in one.curve if share < 1)
        xs = [_place(share, own_last) for share, _ in one.curve]
        ys = [max(ns, 1_000.0) for _, ns in one.curve]  # below a microsecond says nothing
        axes.plot(xs, ys, color=look.colour, lw=1.5, zorder=2)
        marked = [i for i, (share, _) in enumerate(one.curve) if share in _SHARES or share == 1]
        axes.plot(
            [xs[i] for i in marked],
            [ys[i] for i in marked],
            color=look.colour,
            marker=look.marker,
            ms=5,
            ls="none",
            zorder=3,
        )
        ends.append((xs[-1], ys[-1], one.cell.model))
    axes.set_yscale("log")
    axes.set_ylim(least_ns / 1.5, most_ns * 1.7)
    style.human_log_ticks(axes.yaxis, *axes.get_ylim(), "ns", 9)
    shares = [share for share in _SHARES if share <= last]
    axes.set_xticks(
        [*(_place(share, last) for share in shares), _place(1.0, last)],
        [*(_share_name(share) for share in shares), "worst"],
    )
    axes.set_xlim(-0.08, _place(1.0, last) + 0.08)
    axes.grid(axis="both")
    axes.set_xlabel("share of the waits that last at most so long")
    style.label_ends(axes, ends, looks)


def _share_name(share: float) -> str:
    return "best" if share == 0 else f"{100 * share:g}%"


def _finding(result: WorkloadResult) -> str:
    """Say between what the models lie where the tail begins."""
    at = sorted(
        (dict(one.curve)[_NOTED], one.name) for one in _shown(result) if _NOTED in dict(one.curve)
    )
    if not at:
        return "too few waits yet to speak of the tail"
    (least, first), (most, last) = at[0], at[-1]
    shown = f"99% wait at most {units.format_time(least, 2)} in {first}"
    if len(at) == 1:
        return shown
    return f"{shown}, and {units.format_time(most, 2)} in {last}"
