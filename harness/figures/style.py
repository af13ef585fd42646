"""How every figure looks: type, grid, a colour and a marker for each model that never change.

The colours are told apart by colour-blind readers, family by family, and where two come close in
grey, the markers differ.
"""

from __future__ import annotations

import textwrap
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullFormatter, NullLocator

from harness import units

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from harness.analyse import Analysis

INK, FAINT, GRID, FAILED = "#1a1a1a", "#666666", "#e3e3e3", "#b00020"
METADATA = {"png": {"Software": "Loombench"}, "svg": {"Creator": "Loombench", "Date": None}}
_LOG_FROM = 5.0  # a spread of values beyond which an axis is logarithmic
_PIXELS_PER_INCH = 160
_CHARACTERS_PER_INCH = 10.3  # of the title


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


@contextmanager
def applied() -> Iterator[None]:
    """Draw within this style, whatever the user's own settings are."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(
            {
                "font.family": "DejaVu Sans",  # comes with matplotlib: the same everywhere
                "font.size": 9,
                "text.color": INK,
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
        yield


def sheet(
    width: float, body: float, title: str, question: str, analysis: Analysis, note: str = ""
) -> tuple[Figure, float, float]:
    """Make a figure with a title, a question under it and a foot.

    Returns it with the bottom and the top of the space between, as fractions; sizes in inches.
    """
    lines = textwrap.wrap(title, int((width - 0.4) * _CHARACTERS_PER_INCH * 0.83))
    foot = textwrap.wrap(footnote(analysis, note), int((width - 0.4) * 17.5))
    head_height = 0.22 + 0.25 * len(lines) + 0.36
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
        0.2 / width, 1 - (head_height - 0.3) / height, question, fontsize=9.5, color=FAINT, va="top"
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


def footnote(analysis: Analysis, note: str) -> str:
    """Return what every figure says at its foot: how sure, on what, with what, when."""
    run = analysis.run
    machine = run.machine
    versions = ", ".join(_version(one.name, one.version, one.facts) for one in run.runners)
    parts = [
        note,
        "Lines: 95% bootstrap interval over processes; no line: too few.",
        f"{machine.cpu}, {machine.logical_cores} cores, {units.size(machine.memory_bytes)},"
        f" {machine.system}"
        + (f", virtual ({machine.virtualisation})" if machine.virtualisation else "")
        + ".",
        f"{versions}.",
        f"Run {run.id}, {analysis.trials:,} trials in {analysis.blocks:,} blocks,"
        f" {run.started_at[:10]}.",
    ]
    return " ".join(part for part in parts if part)


def _version(name: str, version: str, facts: dict[str, str | int | bool]) -> str:
    libraries = [f"{key} {facts[key]}" for key in ("uvloop", "trio", "anyio") if key in facts]
    start = [f"processes by {facts['start_method']}"] if "start_method" in facts else []
    detail = f" ({', '.join(libraries + start)})" if libraries or start else ""
    return f"{name.capitalize()} {version.removeprefix('go')}{detail}"


def scale(axes: Axes, unit: str, lows: Sequence[float], highs: Sequence[float]) -> None:
    """Set the x axis for values between `lows` and `highs`, with ticks that people can read."""
    least, most = min(lows), max(highs)
    logarithmic = least > 0 and most / least > _LOG_FROM
    if logarithmic:
        axes.set_xscale("log")
        axes.set_xlim(least / 1.5, most * 1.5)
        human_log_ticks(axes.xaxis, *axes.get_xlim(), unit)
    else:
        room = 0.08 * (max(most, 0) - min(least, 0))
        axes.set_xlim(min(0.0, least - room), max(0.0, most + room))
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: tick(x, unit)))
    axes.tick_params(axis="x", labelsize=8)
    axes.grid(axis="x")


def human_log_ticks(axis: object, low: float, high: float, unit: str, most: int = 6) -> None:
    """Put ticks at 1, 2, 5 times powers of ten, as dense as there is room, in people's units."""
    for steps in ((1, 2, 5), (1, 3), (1,)):
        ticks = [
            step * 10.0**power
            for power in range(-12, 19)
            for step in steps
            if low <= step * 10.0**power <= high
        ]
        if len(ticks) <= most:
            break
    axis.set_major_locator(FixedLocator(ticks))  # type: ignore[attr-defined]
    axis.set_minor_locator(NullLocator())  # type: ignore[attr-defined]
    axis.set_minor_formatter(NullFormatter())  # type: ignore[attr-defined]
    axis.set_major_formatter(  # type: ignore[attr-defined]
        FuncFormatter(lambda x, _: tick(x, unit))
    )


def tick(value: float, unit: str) -> str:
    """Return the text of a tick: no more digits than it has, and the unit without its `per`."""
    text = units.shown(value, unit.partition("/")[0] if unit != "x" else unit, 3)
    number, space, name = text.partition(" ")
    if "." in number:
        whole, _, rest = number.rstrip("x").partition(".")
        rest = rest.rstrip("0")
        number = (f"{whole}.{rest}" if rest else whole) + ("x" if number.endswith("x") else "")
    if value == 0:
        return "0"
    return number + (space + name if name != unit else "")
