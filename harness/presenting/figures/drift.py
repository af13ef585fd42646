"""The machine over the run: a dot a spin, against the median of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import FuncFormatter, MaxNLocator

from harness import units
from harness.analysis import drift
from harness.presenting.figures import style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.analysis.analyse import Analysis

_WIDTH, _BODY = 10.0, 2.9  # inches
_LEFT, _RIGHT, _BELOW, _ABOVE = 0.75, 0.25, 0.55, 0.05  # inches, around the panel
_LEAST_SHOWN = 2 * drift.NOTED  # to each side, so that a steady machine looks steady
_SHOWN = 0.95  # of the dots decide how far the axis reaches
_ROOM = 2.0  # times that, at most
_UNITS = ((2 * 3600.0, 3600.0, "hours"), (120.0, 60.0, "minutes"), (0.0, 1.0, "seconds"))
_MANY = 200  # dots, which are then smaller


def figure(analysis: Analysis) -> Figure:
    """Draw the spins of a run; there are at least `drift.LEAST`."""
    points = drift.points(analysis.probes)
    reach = _reach([abs(one.share) for one in points])
    beyond = [one.share for one in points if abs(one.share) > reach]
    waited = any(one.waited for one in points)
    notes = [
        f"Shaded: within {100 * drift.NOTED:g}% of the median.",
        "Hollow: the processor was not given to it for more than a tenth of its time."
        if waited
        else "",
        f"Triangles: {units.format_count(len(beyond), 'spin')} beyond the edge, the furthest"
        f" {_percent(max(beyond, key=abs))}."
        if beyond
        else "",
    ]
    sheet, bottom, top = style.sheet(
        _WIDTH,
        _BODY,
        drift.finding(analysis.probes),
        "A fixed piece of work that the harness itself does before each block: how much longer it"
        " took than in the median. Ratios are formed inside blocks, where drift meets both sides.",
        analysis,
        " ".join(note for note in notes if note),
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
    _panel(axes, points, reach)
    return sheet


def _reach(sizes: Sequence[float]) -> float:
    """Return how far the axis reaches to each side: a few wild spins must not flatten the rest."""
    usual = sorted(sizes)[int(_SHOWN * (len(sizes) - 1))]
    return max(_LEAST_SHOWN, min(1.15 * max(sizes), _ROOM * max(usual, _LEAST_SHOWN)))


def _panel(axes: Axes, points: Sequence[drift.Point], reach: float) -> None:
    last = points[-1].seconds
    unit, name = next((unit, name) for least, unit, name in _UNITS if last >= least)
    size = 4.5 if len(points) < _MANY else 2.8
    axes.axhspan(-drift.NOTED, drift.NOTED, color=style.BAND, zorder=0, lw=0)
    axes.axhline(0, color=style.FAINT, lw=1)
    for one in points:
        beyond = abs(one.share) > reach
        axes.plot(
            [one.seconds / unit],
            [max(-reach, min(reach, one.share))],
            marker=("^" if one.share > 0 else "v") if beyond else "o",
            ms=6.5 if beyond else size,
            color=style.FAILED if abs(one.share) > drift.NOTED else style.INK,
            markerfacecolor="white" if one.waited else None,
            ls="none",
            clip_on=False,
        )
    axes.set_ylim(-reach, reach)
    margin = 0.02 * (last / unit) or 1.0
    axes.set_xlim(-margin, last / unit + margin)
    axes.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: _percent(y)))
    axes.tick_params(labelsize=8)
    axes.grid(axis="both")
    axes.set_xlabel(f"{name} since the first block")


def _percent(share: float) -> str:
    return f"{100 * share:+.3g}%" if abs(share) > 1e-9 else "0%"  # noqa: PLR2004 - rounding
