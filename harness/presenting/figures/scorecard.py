"""The scorecard of claims: claimed ranges as bars, and what this run measured as dots on them."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.patches import Rectangle

from harness import units
from harness.catalog.workload import TOPICS
from harness.claims import judgement
from harness.claims.judgement import ClaimVerdict
from harness.claims.surprises import find_surprises, workload_of
from harness.presenting.figures import style, ticks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.analysis.run_results import Analysis
    from harness.claims.judgement import JudgedClaim

_WIDTH, _LABELS, _WORDS = 11.0, 3.1, 3.2  # inches: all, left of the axes, right of them
_BADGE, _NUMBERS = 0.16, 1.1  # inches, right of the axes
_HEAD, _FOOT, _LINE, _GAP = 0.3, 0.42, 0.14, 0.1  # inches; a line is one of a row's text
_MOST_ROWS = 14  # of a page
_BAR, _BAR_END = "#d3dce6", "#7d8b99"
_BAR_HEIGHT = 0.46  # of a row
_QUESTION = (
    "Do the claims of the documents hold on this machine? Each is tested in one reading, which the"
    " report states."
)
_HEADINGS = {"ns": "Times", "bytes": "Memory", "x": "Ratios"}


class Mark(NamedTuple):
    """How a verdict looks. In greyscale, verdicts differ by light, dark and no background."""

    marker: str
    colour: str
    face: str  # of the marker
    ink: str  # of the word
    ground: str  # behind the word


MARKS = {
    ClaimVerdict.HOLDS: Mark("o", "#14805a", "#14805a", style.INK, "#c9e6d8"),
    ClaimVerdict.CONTRADICTED: Mark("X", style.FAILED, style.FAILED, "#ffffff", "#8c0d1b"),
    ClaimVerdict.UNDECIDED: Mark("o", "#666666", "#ffffff", style.INK, "#ffffff"),
}


def measured_claims(judged: Sequence[JudgedClaim]) -> list[JudgedClaim]:
    """Return the claims that the figures show."""
    return [claim for claim in judged if claim.is_measured]


def pages(analysis: Analysis, judged: Sequence[JudgedClaim]) -> dict[str, list[JudgedClaim]]:
    """Return the measured claims by the topic of their workload, in pages that fit a screen.

    Few claims are one page without a topic. Of many, that page has those that are contradicted,
    the topics have all.
    """
    measured = measured_claims(judged)
    if len(measured) <= _MOST_ROWS:
        return {"": measured} if measured else {}
    by_topic: dict[str, list[JudgedClaim]] = {topic: [] for topic in (*TOPICS, "")}
    for claim in measured:
        result = analysis.workloads.get(workload_of(claim))
        by_topic[result.workload.topic if result else ""].append(claim)
    found: dict[str, list[JudgedClaim]] = {"": _furthest(measured)}
    for topic, claims in by_topic.items():
        count = math.ceil(len(claims) / _MOST_ROWS)
        for number in range(count):
            first, end = (len(claims) * n // count for n in (number, number + 1))
            part = f", part {number + 1}" if count > 1 else ""
            found[(topic or "other workloads") + part] = claims[first:end]
    return found


def _furthest(measured: Sequence[JudgedClaim]) -> list[JudgedClaim]:
    """Return the contradicted claims, those furthest from what is claimed if they are many."""
    kept = find_surprises(measured, _MOST_ROWS)
    return [claim for claim in measured if claim in kept] or list(measured[:_MOST_ROWS])


def figure(
    analysis: Analysis, judged: Sequence[JudgedClaim], topic: str, page: Sequence[JudgedClaim]
) -> Figure:
    """Draw a page of claims, a panel per unit. `judged` are all claims."""
    judged = [claim for claim in judged if not claim.claim.is_observed]
    panels = _panels(page)
    labels = {
        claim.claim.id: style.wrap(_keep_units(claim.claim.says), _LABELS)
        for claims in panels.values()
        for claim in claims
    }
    row = 0.1 + _LINE * max(2, *(text.count("\n") + 1 for text in labels.values()))
    body = sum(_HEAD + row * len(claims) + _FOOT for claims in panels.values())
    title = judgement.summary_sentence(page if topic else judged)
    sheet, _, top = style.sheet(
        _WIDTH,
        body + _GAP,
        f"Claims on {topic}: {title[:1].lower()}{title[1:]}" if topic else title,
        _QUESTION,
        analysis,
        _note(judged, page, topic),
    )
    height = sheet.get_figheight()
    used = 0.0
    for unit, claims in panels.items():
        used += _HEAD + row * len(claims)
        axes = sheet.add_axes(
            (
                _LABELS / _WIDTH,
                top - used / height,
                (_WIDTH - _LABELS - _WORDS) / _WIDTH,
                row * len(claims) / height,
            )
        )
        used += _FOOT
        axes.set_title(_heading(unit), fontsize=9, weight="bold", loc="left", pad=5)
        _draw_panel(axes, claims, unit)
        axes.set_yticks(
            range(len(claims)), [labels[claim.claim.id] for claim in claims], fontsize=8
        )
    return sheet


def _keep_units(text: str) -> str:
    """Join numbers and their units by no-break spaces."""
    return re.sub(r"(?<=\d) (?=\S)", "\N{NO-BREAK SPACE}", text)


def _panels(claims: Sequence[JudgedClaim]) -> dict[str, list[JudgedClaim]]:
    """Return the claims by unit: times, memory, other units, and ratios last."""
    panels: dict[str, list[JudgedClaim]] = {}
    for claim in claims:
        panels.setdefault(claim.unit, []).append(claim)
    order = {"ns": -2, "bytes": -1, "x": 1}
    return {unit: panels[unit] for unit in sorted(panels, key=lambda unit: order.get(unit, 0))}


def _heading(unit: str) -> str:
    base, slash, _ = unit.partition("/")
    text = f"{base} per second" if slash else unit
    return _HEADINGS.get(unit, text[:1].upper() + text[1:])


def _note(judged: Sequence[JudgedClaim], page: Sequence[JudgedClaim], topic: str) -> str:
    """Explain the marks, and count the claims that are not shown."""
    text = "Bars: claimed ranges; an end without a stroke is open. Dots: measured values."
    measured = measured_claims(judged)
    if topic:
        return text
    if len(page) < len(measured):
        return f"{text} Shown: {len(page)}, contradicted first; other figures have all by topic."
    unmeasured = len(judged) - len(measured)
    if unmeasured:
        return f"{text} Not shown: {units.format_count(unmeasured, 'claim')} without measurement."
    return text


def _draw_panel(axes: Axes, claims: Sequence[JudgedClaim], unit: str) -> None:
    _set_scale(axes, claims, unit)
    axes.set_ylim(len(claims) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    for row, claim in enumerate(claims):
        if row:
            axes.axhline(row - 0.5, color=style.GRID, lw=0.8, zorder=0)
        _draw_bar(axes, claim, row)
        _draw_dot(axes, claim, row)
        _write_verdict(axes, claim, row)


def _set_scale(axes: Axes, claims: Sequence[JudgedClaim], unit: str) -> None:
    """Set an axis that shows every end of a range and of an interval."""
    values = [
        x
        for claim in claims
        if claim.range is not None
        for x in (claim.value, claim.low, claim.high, claim.range.low, claim.range.high)
        if x is not None
    ]
    ticks.set_x_scale(axes, unit, values, values)
    if unit == "bytes" and axes.get_xscale() == "log":
        ticks.set_byte_ticks(axes.xaxis, *axes.get_xlim())


def _draw_bar(axes: Axes, claim: JudgedClaim, row: int) -> None:
    """Draw the claimed range. An open end reaches the edge, without a stroke."""
    assert claim.range is not None
    ends = claim.range.low, claim.range.high
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


def _draw_dot(axes: Axes, claim: JudgedClaim, row: int) -> None:
    """Draw the measured value with its interval."""
    assert claim.value is not None
    mark = MARKS[claim.verdict]
    if claim.low is not None and claim.high is not None:
        axes.plot(
            (claim.low, claim.high),
            (row, row),
            color=mark.colour,
            lw=2.2,
            alpha=0.6,
            solid_capstyle="butt",
            zorder=3,
        )
    axes.plot(
        [claim.value],
        [row],
        marker=mark.marker,
        ms=6.5,
        color=mark.colour,
        markerfacecolor=mark.face,
        markeredgewidth=1.3,
        ls="none",
        zorder=4,
        clip_on=False,  # a value of zero lies on the edge
    )


def _write_verdict(axes: Axes, claim: JudgedClaim, row: int) -> None:
    """Write the verdict beside the axis, with the measured and the claimed value."""
    assert claim.value is not None
    assert claim.range is not None
    mark = MARKS[claim.verdict]
    inch = 1 / (_WIDTH - _LABELS - _WORDS)
    axes.text(
        1 + _BADGE * inch,
        row,
        claim.verdict.value,
        transform=axes.get_yaxis_transform(),
        va="center",
        fontsize=8,
        weight="bold",
        color=mark.ink,
        bbox={"facecolor": mark.ground, "edgecolor": mark.colour, "lw": 0.8, "pad": 2.2},
    )
    few = f" (n = {claim.n})" if claim.low is None else ""
    axes.text(
        1 + _NUMBERS * inch,
        row,
        f"{units.format_value(claim.value, claim.unit)}{few}\nclaimed: {claim.range.text}",
        transform=axes.get_yaxis_transform(),
        va="center",
        fontsize=7.5,
        linespacing=1.3,
    )
