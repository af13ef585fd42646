"""The common look of all figures: type, grid, and a fixed colour and marker for each model.

Colour-blind readers can distinguish the colours, family by family. Where two colours are close in
greyscale, their markers differ.
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

from harness import units
from harness.analysis.findings import TOO_FEW, Title
from harness.analysis.first_look import first_look
from harness.analysis.runtimes import runtimes_of
from harness.results.hosts import lead_ids

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from matplotlib.axes import Axes

    from harness.analysis.comparison import Comparison
    from harness.analysis.run_results import Analysis
    from harness.results.records import Run

INK, FAINT, GRID, FAILED = "#1a1a1a", "#666666", "#e3e3e3", "#b00020"
BAND, FLOOR = "#f1f1f1", "#9a9a9a"
METADATA: dict[str, dict[str, str | None]] = {
    "png": {"Software": "Loombench"},
    "svg": {"Creator": "Loombench", "Date": None},
}
_PIXELS_PER_INCH = 160
# Mean widths of DejaVu Sans at the sizes in use, to break lines before anything is drawn.
_TITLE_PER_INCH, _QUESTION_PER_INCH = 8.6, 12.5  # characters
_FOOT_PER_INCH, _SMALL_PER_INCH = 17.5, 14.0
_NAME_INCH = 0.079  # a character of a name beside an axis
_PANEL_WIDTH, _PANEL_BODY = 10.0, 4.9  # inches, of a figure with one panel
_FOOT_LINES = 2
_POINTS = 72  # to the inch
_LABEL_GAP, _HIGHEST_LABEL = 0.047, 1.02  # fractions of the axis, of names beside it


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
    "gevent": Look("#9467ff", "v"),
    "scratch": Look("#000000", "*"),
    "threads": Look("#009e73", "s"),
    "loops": Look("#2aa5b5", "8"),
    "interpreters": Look("#3f6b4f", "H"),
    "processes": Look("#7a9a01", "P"),
    "go-1cpu": Look("#f0b400", "d"),
    "go": Look("#b8860b", "p"),
}


# Models of external runners are grey violet, which no model of ours is.
_EXTERNAL_MARKERS = ("v", "H", "8", "D", "P", "s", "d", "*")
_VIOLET, _SATURATION, _DARKEST, _RANGE = 0.74, 0.24, 0.36, 0.3
_GOLDEN = (5**0.5 - 1) / 2


def model_looks(models: Sequence[str]) -> dict[str, Look]:
    """Return the look of every model of a run; an external model's name chooses its marker.

    External models with the same marker get different shades: multiples of the golden ratio never
    coincide, and lie far apart while they are few (Knuth, TAOCP 3, 6.4).
    """
    chosen = dict(LOOKS)
    taken: Counter[str] = Counter()
    for model in models:
        if model not in chosen:
            marker = _EXTERNAL_MARKERS[zlib.crc32(model.encode()) % len(_EXTERNAL_MARKERS)]
            lightness = _DARKEST + _RANGE * (taken[marker] * _GOLDEN % 1)
            taken[marker] += 1
            colour = to_hex(colorsys.hls_to_rgb(_VIOLET, lightness, _SATURATION))
            chosen[model] = Look(colour, marker)
    return chosen


@contextmanager
def applied() -> Iterator[None]:
    """Apply this style, whatever the user's own settings are."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(
            {
                # matplotlib ships the first font, so PNGs are the same everywhere. SVGs also name
                # a fallback, which is no wider.
                "font.family": "sans-serif",
                "font.sans-serif": ["DejaVu Sans", "Verdana"],
                "font.size": 9,
                "text.color": INK,
                "text.parse_math": False,  # messages may contain dollar signs
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
            # Messages may contain characters that the font lacks; they are drawn as boxes.
            warnings.filterwarnings("ignore", "Glyph .* missing from font")
            yield


class Sheet(NamedTuple):
    """A figure with its head and foot; `bottom` and `top` of the free space are fractions."""

    figure: Figure
    bottom: float
    top: float


def sheet(
    width: float,
    body: float,
    title: Title | str,
    question: str,
    analysis: Analysis,
    note: str = "",
    *,
    intervals: bool = True,
) -> Sheet:
    """Make a figure with a title, a question below it, and a foot; sizes in inches.

    `intervals` says whether lines are confidence intervals, which the foot then explains.
    """
    foot = write_foot(analysis, note, _foot_width(width), intervals=intervals)
    return _sheet(width, body, title, question, foot)


def plain_sheet(width: float, body: float, title: str, question: str, note: str) -> Sheet:
    """Make the same of what is no run: the foot is only the note."""
    return _sheet(width, body, title, question, textwrap.wrap(note, _foot_width(width)))


def _foot_width(width: float) -> int:
    return int((width - 0.4) * _FOOT_PER_INCH)


def _sheet(
    width: float, body: float, title: Title | str, question: str, foot: Sequence[str]
) -> Sheet:
    if isinstance(title, Title):
        if not title.finding:  # then the title says at least what is drawn
            title, question = Title(title.subject, question), f"{TOO_FEW.capitalize()}."
        title = title.text
    titles = textwrap.wrap(title, int((width - 0.4) * _TITLE_PER_INCH))
    questions = textwrap.wrap(question, int((width - 0.4) * _QUESTION_PER_INCH))
    head_height = 0.22 + 0.25 * len(titles) + 0.18 * len(questions) + 0.18
    foot_height = 0.18 + 0.15 * len(foot)
    height = head_height + body + foot_height
    figure = Figure(figsize=(width, height))
    figure.set_label(f"{_POINTS * (0.2 + 0.25 * len(titles)):.1f}")  # where the title ends
    _write_head(figure, titles, questions)
    _write_foot(figure, foot)
    return Sheet(figure, foot_height / height, 1 - head_height / height)


def _write_head(figure: Figure, titles: Sequence[str], questions: Sequence[str]) -> None:
    width, height = figure.get_size_inches()
    figure.text(
        0.2 / width,
        1 - 0.18 / height,
        "\n".join(titles),
        fontsize=13,
        weight="bold",
        va="top",
        linespacing=1.25,
    )
    figure.text(
        0.2 / width,
        1 - (0.28 + 0.25 * len(titles)) / height,
        "\n".join(questions),
        fontsize=9.5,
        color=FAINT,
        va="top",
    )


def _write_foot(figure: Figure, lines: Sequence[str]) -> None:
    width, height = figure.get_size_inches()
    figure.text(
        0.2 / width,
        0.09 / height,
        "\n".join(lines),
        fontsize=7,
        color=FAINT,
        va="bottom",
        linespacing=1.35,
    )


class Margins(NamedTuple):
    """The inches around a panel, for its ticks, labels and names."""

    left: float = 0.85
    right: float = 1.5
    below: float = 0.62
    above: float = 0.15


def single_panel(
    title: Title | str,
    question: str,
    analysis: Analysis,
    note: str,
    *,
    body: float = _PANEL_BODY,
    margins: Margins = Margins(),  # noqa: B008 - immutable
) -> tuple[Figure, Axes]:
    """Make a figure with one panel and without intervals; sizes in inches."""
    figure, bottom, top = sheet(
        _PANEL_WIDTH, body, title, question, analysis, note, intervals=False
    )
    height = figure.get_figheight()
    axes = figure.add_axes(
        (
            margins.left / _PANEL_WIDTH,
            bottom + margins.below / height,
            (_PANEL_WIDTH - margins.left - margins.right) / _PANEL_WIDTH,
            top - bottom - (margins.below + margins.above) / height,
        )
    )
    return figure, axes


def band_note(comparison: Comparison) -> str:
    """Return what bands and the noise floor mean, in one sentence each."""
    if not comparison.tiers:
        return ""
    text = "White and grey bands: ranked rows of one band are tied with its best, or undecided."
    if comparison.floor is None:
        return text
    percent = units.format_significant(100 * (comparison.floor - 1), 2)
    return f"{text} Noise floor: {percent}%; smaller differences are ignored."


def write_foot(analysis: Analysis, note: str, width: int, *, intervals: bool = True) -> list[str]:
    """Return the foot of a figure: at most two lines of `width` characters.

    It has the note, and by what and when this was measured. The report has all that is known.
    """
    run = analysis.run
    passed = " ".join(f"{name}={run.env[name]}" for name in sorted(run.env))
    languages = ", ".join(runner.summary.partition(" (")[0] for runner in run.runners)
    source = f"{_machines(run)}, {languages}, {run.started_at[:10]}, run {run.id}."
    parts = [
        first_look(analysis),
        note,
        "Lines: 95% confidence intervals." if intervals else "",
        f"All processes got {passed}." if passed else "",
    ]
    text = " ".join(part for part in parts if part)
    lines = textwrap.wrap(f"{text} {source}", width, break_on_hyphens=False)
    if len(lines) <= _FOOT_LINES:
        return lines
    return [_cut(text, width), _cut(source, width)]


def _cut(text: str, width: int) -> str:
    return textwrap.shorten(text, width, placeholder=" \u2026", break_on_hyphens=False)


OTHER_RUNTIMES = "Other Pythons: figure runtimes."


def default_only(analysis: Analysis) -> str:
    """Return the sentence that a figure leaves out runtimes; empty if there is only one."""
    return "" if len(runtimes_of(analysis.run)) <= 1 else f" {OTHER_RUNTIMES}"


def _machines(run: Run) -> str:
    """Return the machine of a run; of a fleet, those of its lead class."""
    machine = f"{run.machine.cpu}, {run.machine.logical_cores} cores"
    lead = len(lead_ids(run.hosts))
    return f"{lead} equal hosts, each {machine}" if lead > 1 else machine


def wrap(text: str, inches: float) -> str:
    """Break small text into lines of at most that width."""
    return "\n".join(textwrap.wrap(text, max(8, int(inches * _SMALL_PER_INCH))))


def label_ends(
    axes: Axes,
    ends: Sequence[tuple[float, float, str]],
    looks: Mapping[str, Look],
    names: Mapping[str, str] | None = None,
) -> None:
    """Write model names beside the axis, in the order of their lines' ends, without overlap.

    `ends` are (x, y, model) on a logarithmic y axis. `names` replace the models' own names.
    """
    low, high = axes.get_ylim()
    ordered = sorted(ends, key=lambda end: (end[1], end[0], end[2]))
    places = [math.log(y / low) / math.log(high / low) for _, y, _ in ordered]
    for height, (x, y, model) in zip(_spread(places), ordered, strict=True):
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
                "relpos": (0, 0.5),  # from the left of the name, not through its neighbours
                "shrinkA": 1,
                "shrinkB": 4,
            },
        )


def _spread(places: Sequence[float]) -> list[float]:
    """Move labels apart; `places` are ascending fractions of the axis."""
    heights: list[float] = []
    for place in places:
        heights.append(max(place, heights[-1] + _LABEL_GAP) if heights else place)
    limit = _HIGHEST_LABEL  # where the top has no room left, move down
    for index in range(len(heights) - 1, -1, -1):
        heights[index] = min(heights[index], limit)
        limit = heights[index] - _LABEL_GAP
    return heights


def name_width(names: Sequence[str]) -> float:
    """Return the inches that names of contestants take beside an axis."""
    return 0.25 + _NAME_INCH * max(map(len, names), default=0)
