"""Which model is best where: a map over CPU share and concurrency, from the points measured. Pure.

Values are interpolated between measured points, as logarithms, and never beyond them. A model leads
a place alone if it does at the measured points around it, by the verdicts of their own blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from harness import units
from harness.analysis.comparison import Comparison, compare
from harness.analysis.findings import LONGEST_TITLE
from harness.analysis.lead import Lead, lead_of
from harness.catalog.grid import count_place, share_place

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from numpy.typing import NDArray

    from harness.analysis.run_results import Analysis, CellResult, WorkloadResult
    from harness.catalog.contestant import Contestant
    from harness.catalog.grid import Grid, Index
    from harness.catalog.parts import Case, Metric
    from harness.catalog.workload import Workload
    from harness.statistics.estimates import Ratio

    Floats = NDArray[np.float64]

_HALF = 0.5  # of the weight of the measured points around a place
_LEAST = 2  # points along each axis, contestants, and models of a language that has its own map
_STEPS = 100  # places along each axis that areas are counted by


@dataclass(frozen=True)
class MapPoint:
    """A point that was measured."""

    index: Index
    share: int  # percent of a request's own time that is CPU time
    count: int  # requests at a time
    case: Case
    cells: tuple[CellResult, ...]  # those with a value that counts, best first; at least one
    comparison: Comparison
    limited: tuple[tuple[str, str], ...]  # model and reason: beyond its limit

    @property
    def lead(self) -> Lead:
        """The best, with all that are not different from it."""
        return lead_of(self.cells, self.comparison)

    @property
    def is_clear(self) -> bool:
        """Whether one contestant is different from all others."""
        return len(self.cells) >= _LEAST and len(self.lead.names) == 1

    @property
    def ahead(self) -> tuple[CellResult, Ratio] | None:
        """The first contestant behind the lead, and by what ratio the best is better; or None."""
        best, *others = self.cells
        behind = [cell for cell in others if cell.name not in self.lead.names] or others
        ratio = (
            self.comparison.ratios.get((best.contestant, behind[0].contestant)) if others else None
        )
        return None if ratio is None else (behind[0], ratio)


@dataclass(frozen=True)
class Reading:
    """What a map shows at a place."""

    best: Contestant | None  # None: the place lies beyond what was measured
    is_clear: bool  # alone, and not tied or undecided


@dataclass(frozen=True)
class ChoiceMap:
    """The best contestants by one metric, among all or among those of one language."""

    workload: Workload
    metric: Metric
    language: str  # as people write it; empty: all
    points: tuple[MapPoint, ...]

    @property
    def grid(self) -> Grid:
        """The grid of its workload."""
        assert self.workload.grid is not None  # there is no map without it
        return self.workload.grid

    @cached_property
    def contestants(self) -> tuple[Contestant, ...]:
        """All that are best at some point first, then the others."""
        best = [point.cells[0].contestant for point in self.points]
        others = [cell.contestant for point in self.points for cell in point.cells]
        return tuple(dict.fromkeys((*best, *others)))

    @cached_property
    def xs(self) -> Floats:
        """Where the shares of the grid lie on the map."""
        return np.array([share_place(share) for share in self.grid.shares])

    @cached_property
    def ys(self) -> Floats:
        """Where the numbers of requests at a time lie on the map."""
        return np.array([count_place(count) for count in self.grid.counts])

    @cached_property
    def logs(self) -> Floats:
        """The logarithm of the metric, (contestant, share, count); the larger, the better.

        It is NaN where nothing is known.
        """
        sign = -1 if self.metric.better == "lower" else 1
        return self._fill(
            lambda point, contestant: next(
                (
                    sign * np.log(cell.metrics[self.metric.id].value)
                    for cell in point.cells
                    if cell.contestant == contestant
                ),
                np.nan,
            )
        )

    @cached_property
    def clear(self) -> Floats:
        """Where each contestant leads alone: 1, 0, or between; (contestant, share, count)."""
        return self._fill(
            lambda point, contestant: float(
                point.is_clear and point.cells[0].contestant == contestant
            )
        )

    def read(self, share: float, count: float) -> Reading:
        """Return what the map shows at a share in percent and a number of requests at a time."""
        if share < 0 or count < 1:
            return Reading(None, is_clear=False)
        best, is_clear = self.read_places(
            np.array([share_place(share)]), np.array([count_place(count)])
        )
        found = None if best[0] < 0 else self.contestants[int(best[0])]
        return Reading(found, bool(is_clear[0]))

    def read_places(self, xs: Floats, ys: Floats) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return the number of the best contestant at each place, and whether it leads alone.

        Where nothing is known, the number is -1. All arrays have the shape (places,).
        """
        logs = np.stack([interpolate(layer, self.xs, self.ys, xs, ys) for layer in self.logs])
        is_known = ~np.isnan(logs).all(axis=0)
        best = np.where(is_known, np.argmax(np.where(np.isnan(logs), -np.inf, logs), axis=0), -1)
        layers = [interpolate(layer, self.xs, self.ys, xs, ys) for layer in self.clear]
        weights = np.nan_to_num(np.stack(layers))[best, np.arange(xs.size)]
        return best, (weights >= _HALF) & is_known

    def _fill(self, value: Callable[[MapPoint, Contestant], float]) -> Floats:
        shape = (self.xs.size, self.ys.size)
        is_measured = np.zeros(shape, dtype=bool)
        layers = np.full((len(self.contestants), *shape), np.nan)
        for point in self.points:
            is_measured[point.index] = True
            for number, contestant in enumerate(self.contestants):
                layers[(number, *point.index)] = value(point, contestant)
        return np.stack([fill(layer, is_measured, self.xs, self.ys) for layer in layers])


def fill(values: Floats, is_measured: NDArray[np.bool_], xs: Floats, ys: Floats) -> Floats:
    """Fill the unknown values between known ones, along rows and columns, until nothing changes.

    A value that is unknown where it was measured stays unknown. All have the shape (xs, ys).
    """
    filled = values
    while True:
        along = [_fill_lines(filled.T, xs).T, _fill_lines(filled, ys)]
        counts = sum(~np.isnan(one) for one in along)
        sums = sum(np.nan_to_num(one) for one in along)
        is_new = np.isnan(filled) & ~is_measured & (counts > 0)
        if not is_new.any():
            return filled
        filled = np.where(is_new, sums / np.maximum(counts, 1), filled)


def _fill_lines(rows: Floats, places: Floats) -> Floats:
    """Interpolate every row between its known values; shape (rows, places)."""
    found = np.full(rows.shape, np.nan)
    for own, row in zip(found, rows, strict=True):
        is_known = ~np.isnan(row)
        if is_known.any():
            own[:] = np.interp(places, places[is_known], row[is_known], np.nan, np.nan)
    return found


def interpolate(layer: Floats, xs: Floats, ys: Floats, at_x: Floats, at_y: Floats) -> Floats:
    """Return the value at each place, between its four neighbours; NaN if one of them is unknown.

    A neighbour without weight need not be known.
    """
    i, u = _locate(xs, at_x)
    j, v = _locate(ys, at_y)
    total = np.zeros(at_x.size)
    for di, dj, weight in (
        (0, 0, (1 - u) * (1 - v)),
        (1, 0, u * (1 - v)),
        (0, 1, (1 - u) * v),
        (1, 1, u * v),
    ):
        total = total + np.where(weight == 0, 0.0, weight * layer[i + di, j + dj])
    is_inside = (u >= 0) & (u <= 1) & (v >= 0) & (v <= 1)
    return np.where(is_inside, total, np.nan)


def _locate(places: Floats, at: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Return between which two places each value lies, and how far from the first, 0 to 1."""
    index = np.clip(np.searchsorted(places, at, side="right") - 1, 0, places.size - 2)
    share = (at - places[index]) / (places[index + 1] - places[index])
    # A value that should be on a line may be off by a rounding error.
    return index, np.where(np.abs(share - np.round(share)) < 1e-9, np.round(share), share)  # noqa: PLR2004


def maps_of(analysis: Analysis, result: WorkloadResult) -> dict[str, list[ChoiceMap]]:
    """Return the maps of a workload by metric: first that of all models, then one a language."""
    grid = result.workload.grid
    metrics = {id_: result.workload.metrics[id_] for id_ in (grid.metrics if grid else ())}
    found = {id_: list(_maps(analysis, result, metric)) for id_, metric in metrics.items()}
    return {id_: maps for id_, maps in found.items() if maps}


def _maps(analysis: Analysis, result: WorkloadResult, metric: Metric) -> Iterator[ChoiceMap]:
    everything = _map(result, metric, "", {cell.cell.model for cell in _cells(result)})
    if everything is None:
        return
    yield everything
    by_language: dict[str, set[str]] = {}
    for runner in analysis.run.runners:
        known = {one.model for one in everything.contestants}
        by_language.setdefault(runner.language, set()).update(known.intersection(runner.models))
    if sum(map(bool, by_language.values())) < _LEAST:
        return
    for language, models in by_language.items():
        own = _map(result, metric, units.language_name(language), models)
        if own is not None and len({one.model for one in own.contestants}) >= _LEAST:
            yield own


def _cells(result: WorkloadResult) -> Iterator[CellResult]:
    for cells in result.grid.values():
        yield from cells


def _map(
    result: WorkloadResult, metric: Metric, language: str, models: Collection[str]
) -> ChoiceMap | None:
    """Return the map of these models; None if there are too few points for any area."""
    grid = result.workload.grid
    assert grid is not None
    points = [
        point
        for index, case in sorted(grid.cases.items())
        if (point := _point(result, metric, index, case, models)) is not None
    ]
    if any(len({point.index[axis] for point in points}) < _LEAST for axis in (0, 1)):
        return None
    return ChoiceMap(result.workload, metric, language, tuple(points))


def _point(
    result: WorkloadResult, metric: Metric, index: Index, id_: str, models: Collection[str]
) -> MapPoint | None:
    workload = result.workload
    grid, case = workload.grid, workload.cases[id_]
    assert grid is not None
    known = [
        cell
        for cell in result.grid.get(id_, ())
        if metric.id in cell.metrics and cell.unranked is None and cell.cell.model in models
        if cell.metrics[metric.id].value > 0
    ]
    if not known:
        return None
    sign = 1 if metric.better == "lower" else -1
    known.sort(key=lambda cell: sign * cell.metrics[metric.id].value)
    comparison = compare(
        {cell.contestant: cell.series[metric.id] for cell in known},
        result.controls.get(metric.id),
        [cell.contestant for cell in known],
        workload.baseline,
    )
    limited = [
        (model, limit.reason)
        for model in result.models
        if model in models and model not in grid.without
        if (limit := workload.find_limit(case, model)) is not None
    ]
    return MapPoint(
        index,
        grid.shares[index[0]],
        grid.counts[index[1]],
        case,
        tuple(known),
        comparison,
        tuple(limited),
    )


def areas(one: ChoiceMap) -> dict[str, float]:
    """Return the share of the measured area in which each contestant leads alone, largest first.

    The rest is tied or undecided.
    """
    xs, ys = np.meshgrid(
        np.linspace(one.xs[0], one.xs[-1], _STEPS), np.linspace(one.ys[0], one.ys[-1], _STEPS)
    )
    best, is_clear = one.read_places(xs.ravel(), ys.ravel())
    measured = max(1, int((best >= 0).sum()))
    counts = np.bincount(best[is_clear], minlength=len(one.contestants)) / measured
    found = {
        contestant.name: float(share)
        for contestant, share in zip(one.contestants, counts, strict=True)
        if share
    }
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def finding(one: ChoiceMap) -> str:
    """Return what the map shows in one sentence."""
    found = areas(one)
    among = f" in {one.language}" if one.language else ""
    what = f"{one.workload.title}, {one.metric.label}{among}"
    if not any(cell.metrics[one.metric.id].has_interval for p in one.points for cell in p.cells):
        return f"{what}: too few blocks to say what is best where"
    if not found:
        return f"{what}: no model leads alone anywhere"
    (first, share), *others = found.items()
    text = f"{what}: {first} leads {100 * share:.0f}% of the map"
    for name, other in others[:1]:
        longer = f"{text}, {name} {100 * other:.0f}%"
        text = longer if len(longer) <= LONGEST_TITLE else text
    rest = f"; {100 * (1 - sum(found.values())):.0f}% tied or undecided"
    return text + rest if len(text + rest) <= LONGEST_TITLE else text
