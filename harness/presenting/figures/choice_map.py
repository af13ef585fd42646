"""The map of a workload: which model is best where, over CPU share and concurrency."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from harness import units
from harness.analysis import choice_map
from harness.presenting.figures import style
from harness.statistics.estimates import MARGIN_PERCENT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from harness.analysis.choice_map import ChoiceMap
    from harness.analysis.run_results import Analysis
    from harness.presenting.figures.style import Look

_WIDTH, _BODY = 11.0, 5.15  # inches
_LEFT, _RIGHT, _GAP, _BELOW, _ABOVE = 0.85, 1.25, 0.45, 1.15, 0.3  # inches
_SINGLE = 6.6  # inches, of a panel that is alone
_STEPS = 160  # places along each side
_HATCH, _LEAST_NAMED = 0.11, 0.04  # distance of lines on the map; share of an area with a name
_TIED, _OUTLINE = "#ececec", "#222222"
_QUESTION = (
    "How much of a request's own time is CPU time, and how many are there at a time: which model is"
    " best where?"
)


def figure(analysis: Analysis, maps: Sequence[ChoiceMap]) -> Figure:
    """Draw the maps of one metric side by side: of all models, and of the first language."""
    maps = maps[:2]
    sheet, bottom, top = style.sheet(
        _WIDTH,
        _BODY,
        choice_map.finding(maps[0]),
        _QUESTION,
        analysis,
        _note(maps[0]),
        intervals=False,
    )
    room = _WIDTH - _LEFT - _RIGHT - _GAP * (len(maps) - 1)
    width = room / len(maps) if len(maps) > 1 else _SINGLE
    looks = style.model_looks(analysis.models)
    height = sheet.get_figheight()
    for number, one in enumerate(maps):
        axes = sheet.add_axes(
            (
                (_LEFT + number * (width + _GAP)) / _WIDTH,
                bottom + _BELOW / height,
                width / _WIDTH,
                top - bottom - (_BELOW + _ABOVE) / height,
            )
        )
        axes.patch.set_gid(f"map-{number}")  # where the page marks the reader's own work
        _draw_areas(axes, one, looks)
        _draw_points(axes, one, looks)
        _set_axes(axes, one, is_first=number == 0)
        who = f"only {one.language}" if one.language else "all models"
        axes.set_title(f"{who}, on {_cores(analysis)}", fontsize=9, loc="left")
        if number == len(maps) - 1:
            _write_limits(axes, one, looks)
    _draw_legend(sheet, maps, looks, bottom)
    return sheet


def _note(one: ChoiceMap) -> str:
    parts = [
        "Markers: the best at a measured point; hollow: tied (within"
        f" {MARGIN_PERCENT}%) or undecided."
        f" A request alone takes {_longest(one)}, or less where many queue for a core."
    ]
    left_out = ", ".join(one.grid.without)
    return " ".join([*parts, f"Not on the map: {left_out}." if left_out else ""]).strip()


def _cores(analysis: Analysis) -> str:
    """Say how many cores the models had: a run on others has another map."""
    machine = analysis.run.machine
    return units.format_count(len(machine.allowed_cores) or machine.logical_cores, "core")


def _longest(one: ChoiceMap) -> str:
    grid = one.grid
    own = [
        int(point.case.params[grid.cpu]) + int(point.case.params[grid.wait]) for point in one.points
    ]
    return units.format_trimmed(max(own), "ns")


def _draw_areas(axes: Axes, one: ChoiceMap, looks: Mapping[str, Look]) -> None:
    """Colour where a model leads alone, and hatch where none does."""
    xs, ys = (np.linspace(side[0], side[-1], _STEPS) for side in (one.xs, one.ys))
    grid_x, grid_y = np.meshgrid(xs, ys)
    best, is_clear = (
        found.reshape(grid_x.shape) for found in one.read_places(grid_x.ravel(), grid_y.ravel())
    )
    _fill_area(axes, xs, ys, best >= 0, _TIED)
    for number, contestant in enumerate(one.contestants):
        area = is_clear & (best == number)
        if not area.any():
            continue
        _fill_area(axes, xs, ys, area, looks[contestant.model].colour)
        if area.mean() >= _LEAST_NAMED:
            row, column = _middle(area)
            axes.text(
                xs[column],
                ys[row],
                contestant.name,
                fontsize=9,
                weight="bold",
                ha="center",
                va="center",
                zorder=6,
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.88, "pad": 2.5},
            )
    lines = _hatch(one)
    axes.add_collection(LineCollection(lines, colors="#a9a9a9", linewidths=0.7, zorder=2))


def _fill_area(
    axes: Axes,
    xs: NDArray[np.float64],
    ys: NDArray[np.float64],
    area: NDArray[np.bool_],
    colour: str,
) -> None:
    if area.any():
        axes.contourf(xs, ys, area.astype(float), levels=[0.5, 1.5], colors=[colour], zorder=1)


def _middle(area: NDArray[np.bool_]) -> tuple[int, int]:
    """Return the row and the column that lie deepest inside an area."""
    core = np.pad(area, 1)
    while True:
        inner = core.copy()
        for axis in (0, 1):
            for step in (1, -1):
                inner &= np.roll(core, step, axis)
        if not inner.any():
            break
        core = inner
    places = np.argwhere(core)
    distances = np.abs(places - places.mean(axis=0)).sum(axis=1)
    row, column = places[int(np.argmin(distances))] - 1
    return int(row), int(column)


def _hatch(one: ChoiceMap) -> list[list[tuple[float, float]]]:
    """Return diagonal lines where a value is known and no model leads alone.

    A page drops the patterns of SVG files, so the lines are drawn one by one.
    """
    (left, right), (low, high) = ((side[0], side[-1]) for side in (one.xs, one.ys))
    steps = np.linspace(0, right - left, _STEPS)
    found = []
    for start in np.arange(low - (right - left), high, _HATCH * (high - low) / 3):
        xs, ys = left + steps, start + steps
        best, is_clear = one.read_places(xs, ys)
        is_tied = np.concatenate([[False], (best >= 0) & ~is_clear, [False]])
        edges = np.flatnonzero(is_tied[1:] != is_tied[:-1])
        for begin, end in zip(edges[::2], edges[1::2], strict=True):
            found.append([(xs[begin], ys[begin]), (xs[end - 1], ys[end - 1])])
    return found


def _draw_points(axes: Axes, one: ChoiceMap, looks: Mapping[str, Look]) -> None:
    for point in one.points:
        look = looks[point.cells[0].cell.model]
        axes.plot(
            [one.xs[point.index[0]]],
            [one.ys[point.index[1]]],
            ls="none",
            marker=look.marker,
            ms=6,
            markerfacecolor=look.colour if point.is_clear else "white",
            markeredgecolor=_OUTLINE if point.is_clear else look.colour,
            markeredgewidth=1.0,
            clip_on=False,
            zorder=5,
        )


def _set_axes(axes: Axes, one: ChoiceMap, *, is_first: bool) -> None:
    grid = one.grid
    axes.set_xlim(one.xs[0], one.xs[-1])
    axes.set_ylim(one.ys[0], one.ys[-1])
    axes.set_xticks(one.xs, [_share_label(share) for share in grid.shares], fontsize=7.5)
    axes.set_xlabel("CPU share of a request", fontsize=8.5)
    powers = [count for count in grid.counts if units.format_si(count)[0] == "1"]
    axes.set_yticks(
        [float(np.log10(count)) for count in powers],
        [f"{count:,}" for count in powers] if is_first else [""] * len(powers),
        fontsize=8,
    )
    if is_first:
        axes.set_ylabel("requests at a time", fontsize=8.5)


def _share_label(share: int) -> str:
    """Return a share with an example: `10%`, below it `1 of 10 ms`."""
    example = {0: "only\nwaits", 100: "only\nCPU"}.get(share, f"{share / 10:g} of\n10 ms")
    return f"{share}%\n{example}"


def _write_limits(axes: Axes, one: ChoiceMap, looks: Mapping[str, Look]) -> None:
    """Say beside the map how far up models go that stop."""
    models = {contestant.model for contestant in one.contestants}
    stopped: dict[int, list[str]] = {}
    for limit in one.workload.limits:
        top = one.grid.counts[-1]
        if limit.param == one.grid.at_a_time and limit.model in models and limit.most < top:
            stopped.setdefault(limit.most, []).append(limit.model)
    for most, names in stopped.items():
        colour = looks[names[0]].colour if len(names) == 1 else style.INK
        axes.annotate(
            "\n".join([*names, "only up to here"]),
            xy=(1.0, float(np.log10(most))),
            xycoords=("axes fraction", "data"),
            xytext=(1.045, float(np.log10(most))),
            textcoords=("axes fraction", "data"),
            fontsize=7.5,
            va="center",
            color=colour,
            arrowprops={"arrowstyle": "-", "lw": 0.8, "color": colour},
            annotation_clip=False,
        )


def _draw_legend(
    sheet: Figure, maps: Sequence[ChoiceMap], looks: Mapping[str, Look], bottom: float
) -> None:
    best = dict.fromkeys(point.cells[0].contestant for one in maps for point in one.points)
    of_model: dict[str, list[str]] = {}  # which share a marker
    for contestant in best:
        of_model.setdefault(contestant.model, []).append(contestant.name)
    entries: list[Patch | Line2D] = [
        Line2D(
            [],
            [],
            ls="none",
            marker=looks[model].marker,
            color=looks[model].colour,
            label=" or ".join(names),
        )
        for model, names in of_model.items()
    ]
    entries.append(Patch(facecolor=_TIED, edgecolor="#a9a9a9", label="hatched: tied or undecided"))
    if any((one.read_places(*_corners(one))[0] < 0).any() for one in maps):
        entries.append(Patch(facecolor="white", edgecolor="#a9a9a9", label="white: not measured"))
    sheet.legend(
        handles=entries,
        loc="lower left",
        bbox_to_anchor=(_LEFT / _WIDTH - 0.01, bottom),
        ncols=min(6, len(entries)),
        fontsize=8,
        frameon=False,
        handletextpad=0.4,
    )


def _corners(one: ChoiceMap) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    xs, ys = np.meshgrid(one.xs, one.ys)
    return xs.ravel(), ys.ravel()
