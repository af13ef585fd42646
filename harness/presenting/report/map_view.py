"""The content of the section on maps, as plain data and texts. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.analysis.choice_map import finding, maps_of
from harness.analysis.map_advice import Work, describe, work_at
from harness.catalog.grid import count_place, share_place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.analysis.choice_map import ChoiceMap, MapPoint
    from harness.analysis.run_results import Analysis, WorkloadResult
    from harness.presenting.report.view import Picture

_STEP = 0.05  # of the places that the page looks up; a factor of ten is 1
# One character a contestant: a capital where it leads alone.
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_UNKNOWN = "."
EXAMPLE = Work(5e6, 50e6, 200)


@dataclass(frozen=True)
class MapRow:
    """A measured point in the table."""

    share: int
    count: int
    requests: str
    findings: tuple[str, ...]  # by each map; empty: not measured
    limited: str


@dataclass(frozen=True)
class MapSection:
    """The maps of a workload."""

    workload: str
    title: str
    findings: tuple[str, ...]
    headings: tuple[str, ...]  # of the maps
    rows: tuple[MapRow, ...]
    data: str  # JSON, for the form
    example: str
    pictures: tuple[Picture, ...]


def is_map(name: str, workload: str) -> bool:
    """Return whether a figure of this name is a map of the workload."""
    return name.startswith(f"{workload}-map-")


def sections(analysis: Analysis, pictures: Mapping[str, Picture]) -> list[MapSection]:
    """Return a section for each workload with a map."""
    found = []
    for id_, result in analysis.workloads.items():
        maps = [one for ones in maps_of(analysis, result).values() for one in ones]
        if maps:
            names = [f"{id_}-map-{metric}" for metric in maps[0].grid.metrics]
            own = tuple(pictures[name] for name in names if name in pictures)
            found.append(_section(result, maps, own))
    return found


def _section(
    result: WorkloadResult, maps: Sequence[ChoiceMap], pictures: tuple[Picture, ...]
) -> MapSection:
    headings = tuple(
        one.metric.label + (f", only {one.language}" if one.language else "") for one in maps
    )
    rows = tuple(_row(maps, point) for point in maps[0].points)
    data = {
        "step": _STEP,
        "left": share_place(maps[0].grid.shares[0]),
        "low": count_place(maps[0].grid.counts[0]),
        "right": share_place(maps[0].grid.shares[-1]),
        "high": count_place(maps[0].grid.counts[-1]),
        "maps": [
            {
                "heading": heading,
                "names": [contestant.name for contestant in one.contestants],
                "rows": _rows(one),
            }
            for heading, one in zip(headings, maps, strict=True)
        ],
        "points": [
            {
                "x": share_place(row.share),
                "y": count_place(row.count),
                "requests": row.requests,
                "findings": row.findings,
            }
            for row in rows
        ],
    }
    return MapSection(
        result.workload.id,
        result.workload.title,
        tuple(f"{finding(one)}." for one in maps),
        headings,
        rows,
        json.dumps(data),
        EXAMPLE.text,
        pictures,
    )


def _row(maps: Sequence[ChoiceMap], point: MapPoint) -> MapRow:
    there = [
        next((other for other in one.points if other.index == point.index), None) for one in maps
    ]
    return MapRow(
        point.share,
        point.count,
        work_at(maps[0], point).text,
        tuple("" if one is None else describe(one) for one in there),
        "; ".join(f"{model}: {reason}" for model, reason in point.limited),
    )


def _rows(one: ChoiceMap) -> list[str]:
    """Return what the map shows, a text a row from below, a character a place; see `_LETTERS`."""
    xs, ys = (
        np.arange(round((side[-1] - side[0]) / _STEP) + 1) * _STEP + side[0]
        for side in (one.xs, one.ys)
    )
    rows = []
    for y in ys:
        best, is_clear = one.read_places(np.minimum(xs, one.xs[-1]), np.full(xs.size, y))
        rows.append("".join(map(_letter, best.tolist(), is_clear.tolist())))
    return rows


def _letter(best: int, is_clear: bool) -> str:  # noqa: FBT001
    if not 0 <= best < len(_LETTERS):
        return _UNKNOWN
    return _LETTERS[best].upper() if is_clear else _LETTERS[best]
