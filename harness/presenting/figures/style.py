"""How every figure looks: type, grid, a colour and a marker for each model that never change.

The colours are told apart by colour-blind readers, family by family, and where two come close in
grey, the markers differ.
"""

from __future__ import annotations

import colorsys
import math
import textwrap
import warnings
import zlib
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import matplotlib as mpl
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullFormatter, NullLocator

from harness import units

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

    from harness.analysis.analyse import Analysis, Comparison

_WHOLE = ("requests",)  # units of which there are no parts: their ticks are whole numbers

INK, FAINT, GRID, FAILED = "#1a1a1a", "#666666", "#e3e3e3", "#b00020"
BAND, FLOOR = "#f1f1f1", "#9a9a9a"
METADATA: dict[str, dict[str, str | None]] = {
    "png": {"Software": "Loombench"},
    "svg": {"Creator": "Loombench", "Date": None},
}
_LOG_FROM = 5.0  # a spread of values beyond which an axis is logarithmic
_PIXELS_PER_INCH = 160
# Mean widths, to break lines and leave room before anything is drawn; DejaVu Sans at these sizes.
_TITLE_PER_INCH, _QUESTION_PER_INCH, _FOOT_PER_INCH, _SMALL_PER_INCH, _NAME_INCH = (
    8.6,
    12.5,
    17.5,
    14.0,
    0.079,
)
_MOST_BYTE_TICKS = 8
_DIGIT_INCH = 0.071  # a digit in a tick's label
_TICK_INCH = 0.62  # what a tick's label takes on the x axis


class Look(NamedTuple):
    """The colour and the marker of a model."""

    colour: str
    marker: str


LOOKS = {
    "sequential": Look("#777777", "X"),
    "asyncio": Look("#0072b2", "o"),
    "asyncio-eager": Look("#56b4e9", "h"),
    "uvloop": Look("#0b2f5e", "D"),
    "trio": Look("#d55e00", "^"),
    "anyio-asyncio": Look("#cc79a7", "<"),
    "anyio-trio": Look("#882255", ">"),
    "scratch": Look("#000000", "*"),
    "threads": Look("#009e73", "s"),
    "processes": Look("#7a9a01", "P"),
    "go-1cpu": Look("#f0b400", "d"),
    "go": Look("#b8860b", "p"),
}


# Models of external runners: a family of grey violet, which none of ours has.
_MARKERS_OUTSIDE = ("v", "H", "8", "D", "P", "s", "d", "*")
_VIOLET, _SATURATION, _DARKEST, _RANGE = 0.74, 0.24, 0.36, 0.3
_GOLDEN = (5**0.5 - 1) / 2


def looks(models: Sequence[str]) -> dict[str, Look]:
    """Return the look of every model of a run; the name of one from outside chooses its marker.

    Of those whose names choose the same, each has a shade of its own: multiples of the golden
    ratio never meet, and lie far apart while they are few (Knuth, TAOCP 3, 6.4).
    """
    chosen = dict(LOOKS)
    taken: Counter[str] = Counter()
    for model in models:
        if model not in chosen:
            marker = _MARKERS_OUTSIDE[zlib.crc32(model.encode()) % len(_MARKERS_OUTSIDE)]
            lightness = _DARKEST + _RANGE * (taken[marker] * _GOLDEN % 1)
            taken[marker] += 1
            colour = to_hex(colorsys.hls_to_rgb(_VIOLET, lightness, _SATURATION))
            chosen[model] = Look(colour, marker)
    return chosen


@contextmanager
def applied() -> Iterator[None]:
    """Draw within this style, whatever the user's own settings are."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(
            {
                # The first comes with matplotlib: the same everywhere. An SVG names them all, for
                # machines that lack it; no other is wider.
                "font.family": "sans-serif",
                "font.sans-serif": ["DejaVu Sans", "Verdana"],
                "font.size": 9,
                "text.color": INK,
                "text.parse_math": False,  # a dollar sign in somebody's message is one
                "axes.edgecolor": FAINT,
                "axes.labelcolor": INK,
                "axes.axisbelow": True,
                "axes.spines.top": False,
                "axes.spines.right": False,
                "xtick.color": FAINT,
                "ytick.color": INK,
                "grid.color": GRID,
                "figure.facecolor": "white",
                "savefig.dpi": _PIXELS_PER_INCH,
                "svg.fonttype": "none",  # text stays text
                "svg.hashsalt": "loombench",  # the same data give the same file
            }
        )
        with warnings.catch_warnings():
            # A character that the font lacks, in somebody's message, is drawn as a box.
            warnings.filterwarnings("ignore", "Glyph .* missing from font")
            yield


def sheet(
    width: float,
    body: float,
    title: str,
    question: str,
    analysis: Analysis,
    note: str = "",
    *,
    intervals: bool = True,
) -> tuple[Figure, float, float]:
    """Make a figure with a title, a question under it and a foot.

    `intervals` says whether lines in it are intervals, which the foot then explains. Returns the
    figure with the bottom and the top of the space between, as fractions; sizes in inches.
    """
    lines = textwrap.wrap(title, int((width - 0.4) * _TITLE_PER_INCH))
    asked = textwrap.wrap(question, int((width - 0.4) * _QUESTION_PER_INCH))
    foot = textwrap.wrap(
        footnote(analysis, note, intervals=intervals), int((width - 0.4) * _FOOT_PER_INCH)
    )
    head_height = 0.22 + 0.25 * len(lines) + 0.18 * len(asked) + 0.18
    foot_height = 0.18 + 0.15 * len(foot)
    height = head_height + body + foot_height
    figure = Figure(figsize=(width, height))
    figure.text(
        0.2 / width,
        1 - 0.18 / height,
        "\n".join(lines),
        fontsize=13,
        weight="bold",
        va="top",
        linespacing=1.25,
    )
    figure.text(
        0.2 / width,
        1 - (0.28 + 0.25 * len(lines)) / height,
        "\n".join(asked),
        fontsize=9.5,
        color=FAINT,
        va="top",
    )
    figure.text(
        0.2 / width,
        0.09 / height,
        "\n".join(foot),
        fontsize=7,
        color=FAINT,
        va="bottom",
        linespacing=1.35,
    )
    return figure, foot_height / height, 1 - head_height / height


def certainty(comparison: Comparison) -> str:
    """Return what bands mean, and how large a difference has to be, in a sentence each."""
    if not comparison.tiers:
        return ""
    text = "Rows in one band are not told apart, adjusted for the number of comparisons."
    if comparison.floor is None:
        return text
    percent = units.format_significant(100 * (comparison.floor - 1), 2)
    return f"{text} Noise floor {percent}%: one contestant against itself."


def footnote(analysis: Analysis, note: str, *, intervals: bool = True) -> str:
    """Return what every figure says at its foot: how sure, on what, with what, when."""
    run = analysis.run
    versions = ", ".join(one.shown for one in run.runners)
    parts = [
        note,
        "Lines: 95% interval over processes; no line: too few." if intervals else "",
        f"{run.machine.shown}.",
        f"{versions}.",
        f"{units.format_count(analysis.disturbed, 'trial')} disturbed by other work on the machine."
        if analysis.disturbed
        else "",
        f"Run {run.id}, {units.format_count(analysis.trials, 'trial')} in"
        f" {units.format_count(analysis.blocks, 'block')},"
        f" {run.started_at[:10]}.",
    ]
    return " ".join(part for part in parts if part)


def wrapped(text: str, inches: float) -> str:
    """Break a small text into lines of at most that width."""
    return "\n".join(textwrap.wrap(text, max(8, int(inches * _SMALL_PER_INCH))))


def label_ends(
    axes: Axes,
    ends: Sequence[tuple[float, float, str]],
    looks: Mapping[str, Look],
    names: Mapping[str, str] | None = None,
) -> None:
    """Write the models' names beside the axis, in the order of their lines' ends, apart.

    `ends` are (x, y, model) on a logarithmic y axis; `names` say more of a model than its name.
    """
    low, high = axes.get_ylim()
    span = math.log(high / low)
    places = sorted(((math.log(y / low) / span, x, y, model) for x, y, model in ends))
    gap, last = 0.047, -1.0
    heights = []
    for place, *_ in places:
        last = max(place, last + gap)
        heights.append(last)
    # If the top has run out of room, push down from there.
    limit = 1.02
    for index in range(len(heights) - 1, -1, -1):
        heights[index] = min(heights[index], limit)
        limit = heights[index] - gap
    for height, (_, x, y, model) in zip(heights, places, strict=True):
        axes.annotate(
            model if names is None else names[model],
            xy=(x, y),
            xytext=(1.03, height),
            textcoords="axes fraction",
            fontsize=8,
            va="center",
            color=looks[model].colour,
            arrowprops={
                "arrowstyle": "-",
                "lw": 0.6,
                "color": looks[model].colour,
                "alpha": 0.45,
                "relpos": (0, 0.5),  # from the left of the name, and not through its neighbours
                "shrinkA": 1,
                "shrinkB": 4,
            },
        )


def name_width(names: Sequence[str]) -> float:
    """Return the inches that the names of contestants take beside an axis."""
    return 0.25 + _NAME_INCH * max(map(len, names), default=0)


def scale(axes: Axes, unit: str, lows: Sequence[float], highs: Sequence[float]) -> None:
    """Set the x axis for values between `lows` and `highs`, with ticks that people can read."""
    least, most = min(lows), max(highs)
    room = _ticks_that_fit(axes)
    if least > 0 and most / least > _LOG_FROM:
        axes.set_xscale("log")
        axes.set_xlim(least / 1.5, most * 1.5)
        human_log_ticks(axes.xaxis, *axes.get_xlim(), unit, room)
    else:
        margin = 0.08 * (max(most, 0) - min(least, 0)) or 1.0
        axes.set_xlim(least - margin if least < 0 else 0.0, max(0.0, most) + margin)
        whole = unit in _WHOLE
        axes.xaxis.set_major_locator(
            MaxNLocator(max(1, room - 1), steps=[1, 2, 5, 10], integer=whole)
        )
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: _tick(x, unit)))
    axes.tick_params(axis="x", labelsize=8)
    axes.grid(axis="x")


def _ticks_that_fit(axes: Axes) -> int:
    return max(2, int(axes.get_window_extent().width / axes.figure.dpi / _TICK_INCH))


def human_log_ticks(axis: Axis, low: float, high: float, unit: str, most: int) -> None:
    """Put ticks at 1, 2, 5 times powers of ten, as dense as there is room, in people's units."""
    ticks: list[float] = []
    for steps, stride in (((1, 2, 5), 1), ((1, 3), 1), *(((1,), n) for n in range(1, 20))):
        powers = range(-18, 19, stride)
        ticks = [step * 10.0**p for p in powers for step in steps if low <= step * 10.0**p <= high]
        if len(ticks) <= most:
            break
    place_ticks(axis, ticks, unit)


def keep_ticks_within(axes: Axes, unit: str, inches: float) -> None:
    """Leave out ticks of a logarithmic x axis whose labels would reach further beyond its ends."""
    low, high = axes.get_xlim()
    width = axes.get_window_extent().width / axes.figure.dpi
    kept = []
    for tick in axes.get_xticks():
        middle = width * math.log(tick / low) / math.log(high / low)
        half = _DIGIT_INCH * len(_tick(tick, unit)) / 2
        if middle - half >= -inches and middle + half <= width + inches:
            kept.append(tick)
    place_ticks(axes.xaxis, kept, unit)


def byte_ticks(axis: Axis, low: float, high: float) -> None:
    """Put ticks at powers of two that have round names: 1 KiB, 32 KiB, 1 MiB."""
    for stride in (2, 3, 5, 10):
        ticks = [2.0**p for p in range(0, 60, stride) if low <= 2.0**p <= high]
        if len(ticks) <= _MOST_BYTE_TICKS:
            break
    place_ticks(axis, ticks, "bytes")


def place_ticks(axis: Axis, ticks: Sequence[float], unit: str) -> None:
    """Put ticks exactly there."""
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())
    axis.set_major_formatter(FuncFormatter(lambda x, _: _tick(x, unit)))


def _tick(value: float, unit: str) -> str:
    base, _, per = unit.partition("/")
    if per == "s":
        return units.format_si(value) + "/s"
    text = "0" if value == 0 else units.format_trimmed(value, base)
    return (
        text
        if base in ("ns", "bytes", "x", "") or value == 0
        else f"{text} {units.unit_name(value, base)}"
    )
