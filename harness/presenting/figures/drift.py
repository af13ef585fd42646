"""The speed of the machine over the run: a dot per speed probe, relative to the median."""

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

    from harness.analysis.run_results import Analysis

_BODY = 2.9  # inches
_MARGINS = style.Margins(left=0.75, right=0.25, below=0.55, above=0.05)
_LEAST_SHOWN = 2 * drift.TOLERANCE  # to each side, so that a steady machine looks steady
_USUAL = 0.95  # share of the dots that decides the range of the axis
_ROOM = 2.0  # the axis reaches at most that many times further
_UNITS = ((2 * 3600.0, 3600.0, "hours"), (120.0, 60.0, "minutes"), (0.0, 1.0, "seconds"))
_MANY = 200  # dots, from which on they are smaller


def figure(analysis: Analysis) -> Figure:
    """Draw the speed probes of a run; there are at least `drift.LEAST_PROBES`."""
    points = drift.points(analysis.probes)
    reach = _reach([abs(point.share) for point in points])
    sheet, axes = style.single_panel(
        drift.finding(analysis.probes),
        "Before each block the harness times a fixed piece of work, the speed probe. Shown: its"
        " time relative to the median. Ratios are formed inside blocks, so drift affects both"
        " sides.",
        analysis,
        _note(points, reach),
        body=_BODY,
        margins=_MARGINS,
    )
    _draw(axes, points, reach)
    return sheet


def _note(points: Sequence[drift.DriftPoint], reach: float) -> str:
    """Explain the marks that occur."""
    notes = [f"Shaded: within {100 * drift.TOLERANCE:g}% of the median."]
    if any(point.waited for point in points):
        notes.append("Hollow: the probe waited for the processor for more than 10% of its time.")
    beyond = [point.share for point in points if abs(point.share) > reach]
    if beyond:
        notes.append(
            f"Triangles: {units.format_count(len(beyond), 'probe')} beyond the edge, the furthest"
            f" {_percent(max(beyond, key=abs))}."
        )
    return " ".join(notes)


def _reach(sizes: Sequence[float]) -> float:
    """Return the range of the axis to each side; a few outliers must not flatten the rest."""
    usual = sorted(sizes)[int(_USUAL * (len(sizes) - 1))]
    return max(_LEAST_SHOWN, min(1.15 * max(sizes), _ROOM * max(usual, _LEAST_SHOWN)))


def _draw(axes: Axes, points: Sequence[drift.DriftPoint], reach: float) -> None:
    last = points[-1].seconds
    unit, name = next((unit, name) for least, unit, name in _UNITS if last >= least)
    size = 4.5 if len(points) < _MANY else 2.8
    axes.axhspan(-drift.TOLERANCE, drift.TOLERANCE, color=style.BAND, zorder=0, lw=0)
    axes.axhline(0, color=style.FAINT, lw=1)
    for point in points:
        beyond = abs(point.share) > reach
        axes.plot(
            [point.seconds / unit],
            [max(-reach, min(reach, point.share))],
            marker=("^" if point.share > 0 else "v") if beyond else "o",
            ms=6.5 if beyond else size,
            color=style.FAILED if abs(point.share) > drift.TOLERANCE else style.INK,
            markerfacecolor="white" if point.waited else None,
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
