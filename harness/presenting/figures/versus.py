"""Two contestants head to head: a row per workload, how many times as good the leading one is."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from harness.analysis.versus import Outcome
from harness.presenting.figures import style, ticks
from harness.statistics.estimates import MARGIN_PERCENT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.analysis.run_results import Analysis
    from harness.analysis.versus import Bout, HeadToHead

_WIDTH, _ROW = 11.0, 0.27  # inches
_LABELS, _VALUES = 3.9, 2.2  # inches, left and right of the axis
_HEAD, _BELOW = 0.35, 0.5  # inches
_TITLE_INCH, _LABEL_INCH = 0.085, 0.068  # width of a character, with room between the two
_TICKS = 7
_APART = 4  # points between 1x and the names beside it
_COLOURS = {Outcome.BETTER: "#1f5fb0", Outcome.WORSE: "#b85c00"}
_LEAST_SHOWN = 1.3  # factor that the axis shows at least, so that small differences look small


def figure(analysis: Analysis, pair: HeadToHead) -> Figure:
    """Draw a pair. The leader is better on the right of 1x."""
    pair = pair.turned()
    panel = max(1, len(pair.bouts)) * _ROW
    missing = ", ".join(title for title, _ in pair.missing)
    rest = f"{pair.rest[:1].upper()}{pair.rest[1:]}. " if pair.rest else ""
    sheet, _, top = style.sheet(
        _WIDTH,
        _HEAD + panel + _BELOW,
        pair.title,
        f"{rest}Right of 1x, {pair.first} is better: faster, or smaller, or less late.",
        analysis,
        f"Grey: noise floor. Square: tied, within {MARGIN_PERCENT}%. Hollow: undecided."
        + (f" Not comparable: {missing}." if missing else ""),
    )
    height = sheet.get_figheight()
    axes = sheet.add_axes(
        (
            _LABELS / _WIDTH,
            top - (_HEAD + panel) / height,
            (_WIDTH - _LABELS - _VALUES) / _WIDTH,
            panel / height,
        )
    )
    _set_axes(axes, pair)
    for row, bout in enumerate(pair.bouts):
        _draw_row(axes, row, bout)
    return sheet


def _set_axes(axes: Axes, pair: HeadToHead) -> None:
    """Set the axes, with the names of the two above the sides on which they are better."""
    ratios = [bout.ratio for bout in pair.bouts]
    ends = [end for one in ratios for end in (one.low, one.value, one.high) if end is not None]
    low, high = min([1 / _LEAST_SHOWN, *ends]) / 1.15, max([_LEAST_SHOWN, *ends]) * 1.15
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    ticks.set_log_ticks(axes.xaxis, low, high, "x", _TICKS)
    axes.tick_params(axis="x", labelsize=8)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(max(1, len(pair.bouts)) - 0.5, -0.5)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    axes.axvline(1, color=style.FAINT, lw=1)
    right = 1 + (_VALUES - 0.15) / (_WIDTH - _LABELS - _VALUES)
    axes.text(
        right, 1.01, f"{pair.first} is", transform=axes.transAxes, ha="right", va="bottom",
        fontsize=8.5, color=style.FAINT,
    )  # fmt: skip
    for text, end, away, side in (
        (f"\N{LEFTWARDS ARROW} {pair.second} better", "right", -_APART, Outcome.WORSE),
        (f"{pair.first} better \N{RIGHTWARDS ARROW}", "left", _APART, Outcome.BETTER),
    ):
        axes.annotate(
            text, (1, 1.01), xycoords=axes.get_xaxis_transform(), xytext=(away, 0),
            textcoords="offset points", ha=end, va="bottom", fontsize=8.5, color=_COLOURS[side],
        )  # fmt: skip


def _draw_row(axes: Axes, row: int, bout: Bout) -> None:
    """Draw a workload: its title and what is measured, the ratio, and the verdict."""
    if row % 2:
        axes.axhspan(row - 0.5, row + 0.5, color=style.BAND, zorder=0, lw=0)
    if bout.floor is not None:
        axes.fill_betweenx(
            [row - 0.5, row + 0.5], 1 / bout.floor, bout.floor, color=style.FLOOR, alpha=0.35, lw=0
        )
    colour, ratio = _COLOURS.get(bout.outcome, style.FAINT), bout.ratio
    if ratio.low is not None and ratio.high is not None:
        axes.plot([ratio.low, ratio.high], [row, row], color=colour, lw=2.2, alpha=0.55)
    axes.plot(
        [ratio.value],
        [row],
        marker="s" if bout.outcome is Outcome.TIED else "o",
        ms=6,
        color=colour,
        markerfacecolor="white" if bout.outcome is Outcome.UNDECIDED else colour,
    )
    inch = 1 / (_WIDTH - _LABELS - _VALUES)
    transform = axes.get_yaxis_transform()
    title = textwrap.shorten(bout.title, int(_LABELS / _TITLE_INCH), placeholder=" ...")
    room = (_LABELS - 0.3 - _TITLE_INCH * len(title)) / _LABEL_INCH
    label = bout.metric.label if len(bout.metric.label) <= room else ""
    axes.text((0.2 - _LABELS) * inch, row, title, transform=transform, va="center", fontsize=9)
    axes.text(
        -0.1 * inch, row, label, transform=transform, ha="right", va="center",
        fontsize=7.5, color=style.FAINT,
    )  # fmt: skip
    axes.text(1 + 0.1 * inch, row, bout.text, transform=transform, va="center", fontsize=8)
    word = bout.outcome.word(is_speed=bout.is_speed)
    axes.text(
        1 + (_VALUES - 0.15) * inch, row, word, transform=transform, ha="right", va="center",
        fontsize=8, color=colour, weight="normal" if colour == style.FAINT else "bold",
    )  # fmt: skip
