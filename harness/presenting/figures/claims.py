"""The scorecard: what documents claim, as bars, and what this run measured, as dots on them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.patches import Rectangle

from harness import units
from harness.claims import judge
from harness.claims.judge import Verdict
from harness.presenting.figures import style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.analysis.analyse import Analysis
    from harness.claims.judge import JudgedClaim

_WIDTH, _LABELS, _WORDS = 11.0, 3.1, 3.2  # inches: all, left of the axes, right of them
_BADGE, _NUMBERS = 0.16, 1.1  # inches, right of the axes
_HEAD, _FOOT, _LINE, _GAP = 0.3, 0.42, 0.14, 0.1  # inches; a line is one of a row's text
_BAR, _BAR_END = "#d3dce6", "#7d8b99"
_BAR_HEIGHT = 0.46  # of a row
_QUESTION = (
    "Does what the documents say hold on this machine? Each claim is tested by one reading of it,"
    " which the ledger states."
)
_HEADINGS = {"ns": "Times", "bytes": "Memory", "x": "Ratios"}


class Mark(NamedTuple):
    """How a verdict looks. In grey the words stand on light, on dark and on nothing."""

    marker: str
    colour: str
    face: str  # of the marker
    ink: str  # of the word
    ground: str  # behind the word


MARKS = {
    Verdict.HOLDS: Mark("o", "#14805a", "#14805a", style.INK, "#c9e6d8"),
    Verdict.CONTRADICTED: Mark("X", style.FAILED, style.FAILED, "#ffffff", "#8c0d1b"),
    Verdict.UNDECIDED: Mark("o", "#666666", "#ffffff", style.INK, "#ffffff"),
}


def shown(results: Sequence[JudgedClaim]) -> list[JudgedClaim]:
    """Return the claims that have a place in the figure."""
    return [one for one in results if one.is_measured]


def figure(analysis: Analysis, results: Sequence[JudgedClaim]) -> Figure:
    """Draw all claims that were measured, a panel a unit."""
    panels = _panels(shown(results))
    labels = {
        one.claim.id: style.wrapped(_bound(one.claim.says), _LABELS)
        for rows in panels.values()
        for one in rows
    }
    row = 0.1 + _LINE * max(2, *(text.count("\n") + 1 for text in labels.values()))
    body = sum(_HEAD + row * len(rows) + _FOOT for rows in panels.values())
    sheet, _, top = style.sheet(
        _WIDTH, body + _GAP, judge.summary_sentence(results), _QUESTION, analysis, _note(results)
    )
    height = sheet.get_figheight()
    used = 0.0
    for unit, rows in panels.items():
        used += _HEAD + row * len(rows)
        axes = sheet.add_axes(
            (
                _LABELS / _WIDTH,
                top - used / height,
                (_WIDTH - _LABELS - _WORDS) / _WIDTH,
                row * len(rows) / height,
            )
        )
        used += _FOOT
        axes.set_title(_heading(unit), fontsize=9, weight="bold", loc="left", pad=5)
        _panel(axes, rows, unit)
        axes.set_yticks(range(len(rows)), [labels[one.claim.id] for one in rows], fontsize=8)
    return sheet


def _bound(text: str) -> str:
    """Keep a number and its unit in one line."""
    return re.sub(r"(?<=\d) (?=\S)", "\N{NO-BREAK SPACE}", text)


def _panels(rows: Sequence[JudgedClaim]) -> dict[str, list[JudgedClaim]]:
    """Return the claims by unit: times, memory, what else there is, and ratios last."""
    found = {one.unit: [two for two in rows if two.unit == one.unit] for one in rows}
    ends = {"ns": -2, "bytes": -1, "x": 1}
    return {unit: found[unit] for unit in sorted(found, key=lambda unit: ends.get(unit, 0))}


def _heading(unit: str) -> str:
    base, slash, _ = unit.partition("/")
    text = f"{base} a second" if slash else unit
    return _HEADINGS.get(unit, text[:1].upper() + text[1:])


def _note(results: Sequence[JudgedClaim]) -> str:
    """Explain the marks, and count what is not shown."""
    parts = ["Bars: what is claimed; no stroke at an end: it goes on. Dots: what was measured."]
    unmeasured = [one for one in results if one.verdict is Verdict.UNMEASURED]
    waiting = sum(bool(one.claim.waits_for) for one in unmeasured)
    for number, why in (
        (waiting, "wait for a workload"),
        (len(unmeasured) - waiting, "are not of this run"),
    ):
        if number:
            parts.append(f"Not shown: {number} that {why}.")
    return " ".join(parts)


def _panel(axes: Axes, rows: Sequence[JudgedClaim], unit: str) -> None:
    _scale(axes, rows, unit)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    for row, one in enumerate(rows):
        if row:
            axes.axhline(row - 0.5, color=style.GRID, lw=0.8, zorder=0)
        _bar(axes, one, row)
        _dot(axes, one, row)
        _words(axes, one, row)


def _scale(axes: Axes, rows: Sequence[JudgedClaim], unit: str) -> None:
    """Set the axis so that every end of a range and of an interval is on it."""
    values = [
        x
        for one in rows
        if one.range is not None
        for x in (one.value, one.low, one.high, one.range.low, one.range.high)
        if x is not None
    ]
    style.scale(axes, unit, values, values)
    if unit == "bytes" and axes.get_xscale() == "log":
        style.byte_ticks(axes.xaxis, *axes.get_xlim())


def _bar(axes: Axes, one: JudgedClaim, row: int) -> None:
    """Draw the documented range; an end that is open reaches the edge, without a stroke."""
    assert one.range is not None
    ends = one.range.low, one.range.high
    left, right = (
        edge if end is None else end for end, edge in zip(ends, axes.get_xlim(), strict=True)
    )
    axes.add_patch(
        Rectangle(
            (left, row - _BAR_HEIGHT / 2), right - left, _BAR_HEIGHT, facecolor=_BAR, lw=0, zorder=1
        )
    )
    for end in ends:
        if end is not None:
            half = _BAR_HEIGHT / 2
            axes.plot([end, end], [row - half, row + half], color=_BAR_END, lw=1.6, zorder=2)


def _dot(axes: Axes, one: JudgedClaim, row: int) -> None:
    assert one.value is not None
    mark = MARKS[one.verdict]
    if one.low is not None and one.high is not None:
        axes.plot(
            (one.low, one.high),
            (row, row),
            color=mark.colour,
            lw=2.2,
            alpha=0.6,
            solid_capstyle="butt",
            zorder=3,
        )
    axes.plot(
        [one.value],
        [row],
        marker=mark.marker,
        ms=6.5,
        color=mark.colour,
        markerfacecolor=mark.face,
        markeredgewidth=1.3,
        ls="none",
        zorder=4,
        clip_on=False,  # a value of nothing lies on the edge
    )


def _words(axes: Axes, one: JudgedClaim, row: int) -> None:
    """Write the verdict beside the axis, and what was measured and claimed in numbers."""
    assert one.value is not None
    assert one.range is not None
    mark = MARKS[one.verdict]
    inch = 1 / (_WIDTH - _LABELS - _WORDS)
    axes.text(
        1 + _BADGE * inch,
        row,
        one.verdict.value,
        transform=axes.get_yaxis_transform(),
        va="center",
        fontsize=8,
        weight="bold",
        color=mark.ink,
        bbox={"facecolor": mark.ground, "edgecolor": mark.colour, "lw": 0.8, "pad": 2.2},
    )
    few = f" (n = {one.n})" if one.low is None else ""
    axes.text(
        1 + _NUMBERS * inch,
        row,
        f"{units.format_value(one.value, one.unit)}{few}\nsaid: {one.range.text}",
        transform=axes.get_yaxis_transform(),
        va="center",
        fontsize=7.5,
        linespacing=1.3,
    )
