"""What is known of a run: of each cell, each workload, and all of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from harness.analysis.comparison import Comparison
from harness.analysis.disturbance import Disturbed
from harness.analysis.obstacle import UNSOUND, Obstacle, Unranked
from harness.catalog.workload import HEADLINE, OTHER_VARIANTS, TOPICS, order_models
from harness.results.records import Cell, Status

if TYPE_CHECKING:
    from collections.abc import Collection

    from harness.analysis import drift
    from harness.analysis.aggregate import Step
    from harness.analysis.travel import Travel
    from harness.catalog.contestant import Contestant
    from harness.catalog.parts import Metric
    from harness.catalog.workload import ModelCase, Workload
    from harness.results.records import AbsentCell, Run
    from harness.statistics.blocks import BlockValues
    from harness.statistics.estimates import Estimate, Ratio

FEW_WORKLOADS = 12  # so many are seen at a glance; more are shown by their topics


@dataclass(frozen=True)
class CellResult:
    """What is known of one cell."""

    cell: Cell
    case: ModelCase
    metrics: dict[str, Estimate]  # by metric id; left out where nothing is known
    ratio: Ratio | None  # of the headline metric to the baseline, inside blocks
    statuses: dict[Status, int]
    message: str = ""  # of the last trial that failed
    peak_bytes: int | None = None  # median of the trials that tell
    cores: float | None = None  # kept busy while it was timed; median of the trials that tell
    absent: AbsentCell | None = None
    unranked: Unranked | None = None
    lacking: dict[str, str] = field(default_factory=dict)  # metric id -> why it has no value
    values: dict[int, float] = field(default_factory=dict)  # headline metric, by block
    warnings: tuple[str, ...] = ()  # on its numbers
    curve: tuple[tuple[float, float], ...] = ()  # share of its single waits, ns they last at most
    parked: dict[int, float] = field(default_factory=dict)  # tasks -> bytes held
    ladder: tuple[Step, ...] = ()  # rising rates, of a server
    series: dict[str, BlockValues] = field(default_factory=dict)  # by metric id
    requests: int = 0  # behind the percentiles of a server
    gil_came_on: bool = False  # its runtime is free-threaded, but it was not

    @property
    def contestant(self) -> Contestant:
        """Who was measured."""
        return self.cell.contestant

    @property
    def name(self) -> str:
        """The contestant as people read it. One that was not free-threaded does not look so."""
        return f"{self.cell.name} (GIL on)" if self.gil_came_on else self.cell.name

    @property
    def failures(self) -> int:
        """How many trials failed. Unsettled ones do only if they are the most."""
        return sum(self._failed.values())

    @property
    def failed_how(self) -> str:
        """How many trials failed in which way: `2 timeout, 1 wrong answer`."""
        return ", ".join(f"{n} {status.label}" for status, n in self._failed.items())

    @property
    def _failed(self) -> dict[Status, int]:
        unsettled = self.statuses.get(Status.UNSETTLED, 0)
        excused = (Status.OK,) if 2 * unsettled > self.attempts else (Status.OK, Status.UNSETTLED)
        return {status: n for status, n in self.statuses.items() if status not in excused}

    @property
    def is_sound(self) -> bool:
        """Whether its values are what a fair sample of its work took, ranked or not."""
        return self.unranked is None or self.unranked.obstacle not in UNSOUND

    @property
    def is_client_limited(self) -> bool:
        """Whether it could have done more than the load generator asked of it."""
        return self.unranked is not None and self.unranked.obstacle is Obstacle.CLIENT_LIMITED

    @property
    def attempts(self) -> int:
        """How many trials there were."""
        return sum(self.statuses.values())


@dataclass(frozen=True)
class WorkloadResult:
    """What is known of one workload."""

    workload: Workload
    cases: dict[str, list[CellResult]]  # by case id; cells in the order of models
    comparison: Comparison = field(default_factory=Comparison)
    by_cpu: WorkloadResult | None = None  # servers: the headline case ranked by CPU time instead
    grid: dict[str, list[CellResult]] = field(default_factory=dict)  # measured points, by case id
    controls: dict[str, Ratio] = field(default_factory=dict)  # by metric id: a contestant to itself

    @property
    def headline_id(self) -> str:
        """The headline case, or the first that was measured where that was not asked for."""
        return HEADLINE if HEADLINE in self.cases else next(iter(self.cases), HEADLINE)

    @property
    def headline(self) -> list[CellResult]:
        """The cells of that case."""
        return self.cases.get(self.headline_id, [])

    @property
    def metric(self) -> Metric:
        """The headline metric."""
        return self.workload.headline_metric

    @property
    def models(self) -> tuple[str, ...]:
        """Every model in its order, those of external runners after our own."""
        shown = (*self.cases.values(), *self.grid.values())
        return order_models(cell.cell.model for cells in shown for cell in cells)


@dataclass(frozen=True)
class Analysis:
    """What is known of a run."""

    run: Run
    workloads: dict[str, WorkloadResult]
    blocks: int
    trials: int
    disturbed: Disturbed = field(default_factory=Disturbed)
    probes: tuple[drift.ProbeReading, ...] = ()  # how fast the machine was; none in old runs
    measuring: bool = False  # more trials are to come
    travel: Travel | None = None  # of a run on a fleet, whose other results are of its lead class

    @property
    def models(self) -> tuple[str, ...]:
        """Every model in its order, those of external runners after our own."""
        return models_of(self.run)

    @property
    def has_values(self) -> bool:
        """Whether any trial was ok."""
        return any(
            cell.statuses.get(Status.OK)
            for result in self.workloads.values()
            for cells in (*result.cases.values(), *result.grid.values())
            for cell in cells
        )


def by_topic(results: Collection[WorkloadResult]) -> list[tuple[str, list[WorkloadResult]]]:
    """Return results in the order of their topics, each topic with a heading.

    Few results, or those of one topic, are one group with an empty heading.
    """
    if len(results) <= FEW_WORKLOADS:
        return [("", list(results))]
    found: dict[str, list[WorkloadResult]] = {topic: [] for topic in (*TOPICS, "")}
    for result in results:
        found[result.workload.topic].append(result)
    groups = [(topic, group) for topic, group in found.items() if group]
    if len(groups) == 1:
        return [("", groups[0][1])]
    return [((topic or "other").capitalize(), group) for topic, group in groups]


def by_tier(result: WorkloadResult) -> list[CellResult]:
    """Return the ranked cells tier by tier, the best of each first."""
    tier_of = result.comparison.tier_of
    return sorted(ranked(result), key=lambda cell: tier_of(cell.contestant) or 0)


def in_row_order(result: WorkloadResult) -> list[CellResult]:
    """Return the cells of the headline case that have a metric, in the order of their rows.

    They stand tier by tier. One that the load generator limited has no tier and could have done
    more: it is above the first tier whose best did no more. Below are others without a tier, and
    at the end those without a value.
    """
    metric, tier_of = result.metric, result.comparison.tier_of
    sign = 1 if metric.better == "lower" else -1

    def cost(cell: CellResult) -> float:
        return sign * cell.metrics[metric.id].value

    ordered = by_tier(result)
    others = [cell for cell in result.headline if cell.metrics and cell not in ordered]
    known = sorted((cell for cell in others if metric.id in cell.metrics), key=cost)
    limited = [cell for cell in known if cell.is_client_limited]
    placed: list[CellResult] = []
    for _, tier in groupby(ordered, lambda cell: tier_of(cell.contestant) or cell.contestant):
        best, *rest = tier
        above = [cell for cell in limited if cell not in placed and cost(cell) <= cost(best)]
        placed += [*above, best, *rest]
    below = [cell for cell in known if cell not in placed]
    return [*placed, *below, *(cell for cell in others if cell not in known)]


def ranked_groups(result: WorkloadResult) -> list[tuple[str, list[CellResult]]]:
    """Return the ranked cells of each group of variants that has some, with the group's label.

    The first group competes for the lead. Without groups, all cells do, and the label is empty.
    """
    cells, workload = ranked(result), result.workload
    labels = [group.label for group in workload.groups]
    found = [
        (label, [cell for cell in cells if workload.group_of(cell.contestant) == position])
        for position, label in enumerate([*labels, OTHER_VARIANTS if labels else ""])
    ]
    return [(label, own) for label, own in found if own]


def ranked(result: WorkloadResult) -> list[CellResult]:
    """Return the cells of the headline case that have a value and are ranked, best first."""
    known = [
        cell
        for cell in result.headline
        if result.metric.id in cell.metrics and cell.unranked is None
    ]
    sign = 1 if result.metric.better == "lower" else -1
    return sorted(known, key=lambda cell: sign * cell.metrics[result.metric.id].value)


def models_of(run: Run) -> tuple[str, ...]:
    """Return every model of a run in its order, also of cells that are absent."""
    absent = (absence.cell for absence in run.absent)
    return order_models(cell.model for cell in (*run.cells, *absent))
