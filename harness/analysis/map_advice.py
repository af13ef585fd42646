"""What the maps of a run advise for one kind of request, and the points behind it. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness import units
from harness.analysis.choice_map import maps_of
from harness.analysis.lead import join_names
from harness.catalog.grid import count_place, share_place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.analysis.choice_map import ChoiceMap, MapPoint
    from harness.analysis.run_results import Analysis, WorkloadResult
    from harness.catalog.workload import Workload

_NEAREST = 2  # measured points that are named
_ABOUT = 1.25  # a factor up to which two numbers are about the same
_LONGER = 2  # times as long as the measured requests: worth a sentence


@dataclass(frozen=True)
class Work:
    """The requests of somebody."""

    cpu_ns: float
    wait_ns: float
    at_a_time: int

    @property
    def share(self) -> float:
        """The percentage of a request's own time that is CPU time."""
        return 100 * self.cpu_ns / (self.cpu_ns + self.wait_ns)

    @property
    def text(self) -> str:
        """The work in words."""
        cpu, wait = (units.format_trimmed(ns, "ns") for ns in (self.cpu_ns, self.wait_ns))
        share = units.format_significant(self.share, 2)
        return f"{cpu} of CPU and {wait} of waiting ({share}% CPU), {self.at_a_time:,} at a time"


@dataclass(frozen=True)
class Choice:
    """What one map says about the work."""

    judged_by: str  # the metric, and among which models
    text: str


@dataclass(frozen=True)
class Evidence:
    """A measured point, how far it is from the work, and what was found there."""

    measured: Work
    distance: str
    findings: tuple[Choice, ...]  # by each map, with a ratio


@dataclass(frozen=True)
class MapAdvice:
    """What all maps of a workload say about the work."""

    work: Work
    choices: tuple[Choice, ...]
    evidence: tuple[Evidence, ...]  # the nearest point first
    notes: tuple[str, ...]
    command: str  # measures around the work; empty if it lies between measured points

    @property
    def is_measured(self) -> bool:
        """Whether the work lies between measured points."""
        return not self.command


def advise(analysis: Analysis, result: WorkloadResult, work: Work) -> MapAdvice | None:
    """Return the advice of the maps of a workload; None if it has no map."""
    maps = [one for found in maps_of(analysis, result).values() for one in found]
    if not maps:
        return None
    is_measured = all(one.read(work.share, work.at_a_time).best is not None for one in maps)
    return MapAdvice(
        work,
        tuple(Choice(_judged_by(one), _choice(one, work)) for one in maps),
        tuple(_evidence(maps, point, work) for point in nearest(maps[0], work)),
        tuple(_notes(maps[0], work, is_measured=is_measured)),
        "" if is_measured else command(result.workload, work),
    )


def _judged_by(one: ChoiceMap) -> str:
    return one.metric.label + (f", in {one.language}" if one.language else "")


def _choice(one: ChoiceMap, work: Work) -> str:
    reading = one.read(work.share, work.at_a_time)
    if reading.best is None:
        return "not measured here"
    if reading.is_clear:
        return reading.best.name
    point = nearest(one, work)[0]
    if point.lead.undecided or len(point.cells) == 1:
        return f"undecided; at the nearest point {point.cells[0].name} is best so far"
    if len(point.lead.first) > 1:
        return f"{join_names(point.lead.first, 'or')} (tied)"
    return f"undecided, near the border of {point.lead.first[0]}"


def nearest(one: ChoiceMap, work: Work) -> list[MapPoint]:
    """Return the measured points that lie nearest on the map, the nearest first."""
    x, y = share_place(work.share), count_place(work.at_a_time)
    return sorted(
        one.points,
        key=lambda point: math.hypot(share_place(point.share) - x, count_place(point.count) - y),
    )[:_NEAREST]


def _evidence(maps: Sequence[ChoiceMap], point: MapPoint, work: Work) -> Evidence:
    own = work_at(maps[0], point)
    findings = tuple(
        Choice(_judged_by(one), describe(there))
        for one in maps
        for there in one.points
        if there.index == point.index
    )
    return Evidence(own, _distance(own, work), findings)


def describe(point: MapPoint) -> str:
    """Say who leads at a point, and by what ratio: `go, 1.8x [1.6x, 2.0x] better than trio`."""
    lead = point.lead
    how = " (undecided)" if lead.undecided else " (tied)" if len(lead.first) > 1 else ""
    text = join_names(lead.names) + how
    if point.ahead is None:
        return f"{text}, with no other to compare"
    other, ratio = point.ahead
    if ratio.value < 1:  # the metric is better if it is lower
        ratio = ratio.inverse()
    interval = "too few blocks"
    if ratio.low is not None and ratio.high is not None:
        interval = ", ".join(units.format_value(end, "x") for end in (ratio.low, ratio.high))
    who = "" if len(lead.names) == 1 else f"{point.cells[0].name} "
    value = units.format_value(ratio.value, "x")
    return f"{text}, {who}{value} [{interval}] better than {other.name}"


def work_at(one: ChoiceMap, point: MapPoint) -> Work:
    """Return the requests of a measured point."""
    params, grid = point.case.params, one.grid
    return Work(int(params[grid.cpu]), int(params[grid.wait]), point.count)


def _distance(measured: Work, work: Work) -> str:
    parts = [
        _factor(measured.at_a_time, work.at_a_time, "as many at a time"),
        _factor(measured.share, work.share, "the CPU share"),
    ]
    return "; ".join(filter(None, parts)) or "about here"


def _factor(measured: float, own: float, what: str) -> str:
    """Say how a measured number differs from the reader's; an empty text if hardly."""
    if not measured or not own:
        return "" if measured == own else f"{what}: {measured:.2g} there, {own:.2g} here"
    factor = measured / own
    if 1 / _ABOUT <= factor <= _ABOUT:
        return ""
    return f"{units.format_significant(factor, 2)} times {what}"


def _notes(one: ChoiceMap, work: Work, *, is_measured: bool) -> Iterator[str]:
    point = nearest(one, work)[0]
    own, theirs = work.cpu_ns + work.wait_ns, work_at(one, point)
    longer = own / (theirs.cpu_ns + theirs.wait_ns)
    if not 1 / _LONGER <= longer <= _LONGER:
        how = f"{units.format_significant(max(longer, 1 / longer), 2)} times as"
        less = "less" if longer > 1 else "more"
        yield (
            f"Your requests take {how} {'long' if longer > 1 else 'short'} as those measured at the"
            f" nearest point, so what a model itself costs counts {less}."
        )
    used = [
        cell.metrics[one.grid.used].value for cell in point.cells if one.grid.used in cell.metrics
    ]
    ends = [*used, theirs.cpu_ns]
    if theirs.cpu_ns and used and max(ends) > _ABOUT * min(ends):
        least, most, asked = (units.format_time(ns) for ns in (min(used), max(used), theirs.cpu_ns))
        yield (
            f"At the nearest point a request used {least} to {most} of CPU, depending on the model;"
            f" the workload asks for {asked}."
        )
    for model, reason in point.limited:
        yield f"{model} is beyond its limit there: {reason}."
    if not is_measured:
        yield "Not measured here. Run:"


def command(workload: Workload, work: Work) -> str:
    """Return the command that measures the points of the grid around the work."""
    grid = workload.grid
    assert grid is not None  # only such workloads have maps
    share, count = min(max(work.share, 0), 100), min(work.at_a_time, grid.counts[-1])
    columns = _around([float(one) for one in grid.shares], share)
    rows = _around([float(one) for one in grid.counts], count)
    cases = [grid.cases[column, row] for column in columns for row in rows]
    return " ".join(
        ["loombench run", f"--workload {workload.id}", *(f"--case {case}" for case in cases)]
    )


def _around(values: list[float], value: float) -> list[int]:
    """Return the positions of the values on both sides of a value, or of that value alone."""
    if value in values:
        return [values.index(value)]
    above = next((i for i, one in enumerate(values) if one > value), len(values) - 1)
    return [max(0, above - 1), above]
