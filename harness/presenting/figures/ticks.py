"""Axes and ticks that people can read: round values in the units of a metric."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullFormatter, NullLocator

from harness import units

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

_WHOLE = ("requests",)  # units without fractions: their ticks are whole numbers
_LOG_FROM = 5.0  # largest / least value from which an axis is logarithmic
_NARROW = 5.0  # highest / lowest end, below which a logarithmic axis gets more ticks
_MOST_BYTE_TICKS = 8
_SHORTENED_FROM = 10_000  # counts: `10k` is narrow enough, `10,000 tasks` is not
_DIGIT_INCH = 0.071  # width of a digit in a tick label
_TICK_INCH, _WORDY_TICK_INCH = 0.62, 0.95  # width of a tick label on the x axis: 10 ms, 300 tasks


def set_x_scale(axes: Axes, unit: str, lows: Sequence[float], highs: Sequence[float]) -> None:
    """Set the x axis for values between `lows` and `highs`, with readable ticks."""
    least, most = min(lows), max(highs)
    room = _ticks_that_fit(axes, unit)
    if least > 0 and most / least > _LOG_FROM:
        axes.set_xscale("log")
        axes.set_xlim(least / 1.5, most * 1.5)
        if unit.partition("/")[0] == "bytes":
            set_byte_ticks(axes.xaxis, *axes.get_xlim(), room)
        else:
            set_log_ticks(axes.xaxis, *axes.get_xlim(), unit, room)
        if _is_crowded(axes, unit):
            found = list(axes.get_xticks())
            round_ones = [tick for tick in found if math.log10(tick).is_integer()]
            set_ticks(axes.xaxis, round_ones or found[::2], unit)
    else:
        margin = 0.08 * (max(most, 0) - min(least, 0)) or 1.0
        axes.set_xlim(least - margin if least < 0 else 0.0, max(0.0, most) + margin)
        whole = unit in _WHOLE
        axes.xaxis.set_major_locator(
            MaxNLocator(max(1, room - 1), steps=[1, 2, 5, 10], integer=whole)
        )
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: _format_tick(x, unit)))
    axes.tick_params(axis="x", labelsize=8)
    axes.grid(axis="x")


def _ticks_that_fit(axes: Axes, unit: str) -> int:
    inches = _WORDY_TICK_INCH if _has_word(unit) else _TICK_INCH
    return max(2, int(axes.get_window_extent().width / axes.figure.dpi / inches))


def set_log_ticks(axis: Axis, low: float, high: float, unit: str, most: int) -> None:
    """Put at most `most` ticks at 1, 2, 5 times powers of ten, in people's units.

    A narrow range, in which these would be one or two, also gets 1.5, 3 and 7 times.
    """
    finer = [((1, 1.5, 2, 3, 5, 7), 1)] if high < _NARROW * low else []
    ticks: list[float] = []
    for steps, stride in (*finer, ((1, 2, 5), 1), ((1, 3), 1), *(((1,), n) for n in range(1, 20))):
        powers = range(-18, 19, stride)
        ticks = [step * 10.0**p for p in powers for step in steps if low <= step * 10.0**p <= high]
        if len(ticks) <= most:
            break
    set_ticks(axis, ticks, unit)


def trim_ticks(axes: Axes, unit: str, inches: float) -> None:
    """Remove ticks of a log x axis whose labels would reach more than `inches` beyond its ends."""
    width = axes.get_window_extent().width / axes.figure.dpi
    kept = [
        tick
        for tick, (left, right) in _label_ends(axes, unit).items()
        if left >= -inches and right <= width + inches
    ]
    set_ticks(axes.xaxis, kept, unit)


def _label_ends(axes: Axes, unit: str) -> dict[float, tuple[float, float]]:
    """Return where the label of each tick of a log x axis begins and ends, in inches."""
    low, high = axes.get_xlim()
    width = axes.get_window_extent().width / axes.figure.dpi
    ends = {}
    for tick in axes.get_xticks():
        middle = width * math.log(tick / low) / math.log(high / low)
        half = _DIGIT_INCH * len(_format_tick(tick, unit)) / 2
        ends[tick] = (middle - half, middle + half)
    return ends


def _is_crowded(axes: Axes, unit: str) -> bool:
    """Return whether labels of a log x axis touch each other."""
    return any(right > left for (_, right), (left, _) in pairwise(_label_ends(axes, unit).values()))


def set_byte_ticks(axis: Axis, low: float, high: float, most: int = _MOST_BYTE_TICKS) -> None:
    """Put at most `most` ticks at powers of two with round names: 1 KiB, 32 KiB, 1 MiB."""
    for stride in (1, 2, 3, 5, 10, 20):
        ticks = [2.0**p for p in range(0, 60, stride) if low <= 2.0**p <= high]
        if len(ticks) <= most:
            break
    set_ticks(axis, ticks, "bytes")


def set_ticks(axis: Axis, ticks: Sequence[float], unit: str) -> None:
    """Put ticks at exactly these values."""
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())
    axis.set_major_formatter(FuncFormatter(lambda x, _: _format_tick(x, unit)))


def _has_word(unit: str) -> bool:
    """Return whether a tick shows its unit as a word: `300 tasks`."""
    base, _, per = unit.partition("/")
    return per != "s" and base not in ("ns", "bytes", "x", "%", "")


def _format_tick(value: float, unit: str) -> str:
    base, _, per = unit.partition("/")
    if per == "s":
        return units.format_si(value) + "/s"
    if base == "%" and value:
        return f"{units.format_trimmed(value, base)}%"
    if base not in ("ns", "bytes", "x", "") and value >= _SHORTENED_FROM:
        return units.format_si(value)
    text = units.format_trimmed(value, base)
    text = "0" if value == 0 else text
    return (
        text
        if base in ("ns", "bytes", "x", "") or value == 0
        else f"{text} {units.unit_name(value, base)}"
    )
