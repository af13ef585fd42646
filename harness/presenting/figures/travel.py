"""Do results hold elsewhere: the ratio of every model to the baseline, for each class of hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.lines import Line2D

from harness import units
from harness.catalog.workload import BASELINE
from harness.presenting.figures import style, ticks
from harness.results.hosts import list_differences

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.analysis.run_results import Analysis
    from harness.analysis.travel import HostRow, PlaceRatio, Travel
    from harness.results.hosts import HostClass

_ROW = 0.26  # inches
_MOST_WORKLOADS = 10
_MARGINS = style.Margins(left=2.1, right=1.5, below=0.55, above=0.1)
_SHORT = 80  # characters of two values that are shown
_MOST_DIFFERENCES = 3
_LEAST_ROWS = 8.0  # so that the legend has room


def figure(analysis: Analysis) -> Figure:
    """Draw the ratios of a run on several hosts."""
    travel = analysis.travel
    assert travel is not None  # else there is no such figure
    shown = travel.by_disagreement[:_MOST_WORKLOADS]
    rows = sum(1 + len(travel.places) for _ in shown)
    sheet, axes = style.single_panel(
        _finding(travel),
        f"Do the results hold on other machines? Headline metric relative to {BASELINE}",
        analysis,
        _note(travel, len(shown)),
        body=_ROW * max(rows, _LEAST_ROWS) + _MARGINS.below + _MARGINS.above,
        margins=_MARGINS,
    )
    _draw(axes, analysis, travel, shown)
    return sheet


def _finding(travel: Travel) -> str:
    if not travel.compared:
        return "Too few blocks to compare hosts"
    if travel.turned:
        return (
            f"{travel.turned} of {units.format_count(travel.compared, 'decided ratio')} reversed on"
            " other hosts"
        )
    widest = max(map(travel.widest, travel.ratios))
    return (
        "No decided ratio is reversed between hosts; they differ by up to"
        f" {units.format_significant(widest, 3)}x"
    )


def _note(travel: Travel, shown: int) -> str:
    notes = []
    if shown < len(travel.ratios):
        notes.append(f"The {shown} workloads whose ratios differ most.")
    notes.append("Thick line: 95% interval.")
    if any(len(place.hosts) > 1 for place in travel.places):
        notes.append("Thin line: 95% prediction interval of one more host of the class.")
    first, *others = travel.classes
    notes += [
        f"Class {one.label} differs from {first.label} in {', '.join(_in_words(first, one))}."
        for one in others
    ]
    return " ".join(notes)


def _draw(axes: Axes, analysis: Analysis, travel: Travel, shown: list[str]) -> None:
    looks = style.model_looks(analysis.models)
    row, names, known = 0.0, [], [1.0]
    models: dict[str, style.Look] = {}
    for workload in shown:
        names.append((row, analysis.workloads[workload].workload.title, True))
        for place in travel.places:
            row += 1
            names.append((row, _label(travel, place), False))
            for contestant, by_place in travel.ratios[workload].items():
                ratio = by_place.get(place.name)
                if ratio is None:
                    continue
                look = models.setdefault(contestant.model, looks[contestant.model])
                _draw_ratio(axes, row, ratio, look)
                known += [value for value in (ratio.value, ratio.low, ratio.high) if value]
        row += 1
    axes.axvline(1, color=style.FAINT, lw=1, zorder=0)
    axes.set_xscale("log")
    low, high = min(known) / 1.15, max(known) * 1.15
    axes.set_xlim(low, high)
    ticks.set_log_ticks(axes.xaxis, low, high, "x", 9)
    axes.set_ylim(max(row, _LEAST_ROWS) - 0.4, -0.6)
    axes.set_yticks([place for place, _, _ in names], [name for _, name, _ in names])
    for label, (_, _, is_head) in zip(axes.get_yticklabels(), names, strict=True):
        label.set_fontweight("bold" if is_head else "normal")
        label.set_fontsize(8)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(f"relative to {BASELINE}")
    axes.grid(axis="x")
    handles = [
        Line2D([], [], color=look.colour, marker=look.marker, ls="none", ms=6, label=model)
        for model, look in models.items()
    ]
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.02, 1), fontsize=8)


def _draw_ratio(axes: Axes, row: float, ratio: PlaceRatio, look: style.Look) -> None:
    if ratio.next_low is not None and ratio.next_high is not None:
        axes.plot([ratio.next_low, ratio.next_high], [row, row], color=look.colour, lw=0.8)
    if ratio.low is not None and ratio.high is not None:
        axes.plot([ratio.low, ratio.high], [row, row], color=look.colour, lw=2.2, alpha=0.7)
    axes.plot([ratio.value], [row], color=look.colour, marker=look.marker, ms=6, ls="none")


def _label(travel: Travel, row: HostRow) -> str:
    """Return the name of a row; the class is added where hosts stand side by side."""
    is_pooled = len(row.hosts) > 1  # its name has the class
    return row.name if is_pooled or len(travel.classes) == 1 else f"{row.name} ({row.label})"


def _in_words(one: HostClass, other: HostClass) -> list[str]:
    """Return what differs, with the values where they are short."""
    mine, theirs = dict(one.hosts[0].kind), dict(other.hosts[0].kind)
    return [
        f"{name} ({theirs.get(name, 'none')}, not {mine.get(name, 'none')})"
        if len(mine.get(name, "")) + len(theirs.get(name, "")) < _SHORT
        else name
        for name in list_differences(one, other)[:_MOST_DIFFERENCES]
    ]
