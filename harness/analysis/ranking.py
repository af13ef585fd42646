"""Why a contestant is not ranked. Everything that ranks or advises asks here. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness import units
from harness.analysis.obstacle import Obstacle, Unranked
from harness.results.records import Status
from harness.statistics.estimates import MIN_FOR_INTERVAL
from harness.statistics.growth import (
    Growing,
    GrowthVerdict,
    explain_empty_call,
    judge_growth,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.aggregate import CellAggregate
    from harness.analysis.run_results import CellResult
    from harness.catalog.parts import Metric

# What a load generator that is the limit falsifies: the number of requests in some time. CPU time
# is the server's own.
_OF_THROUGHPUT = frozenset({"elapsed_ns", "operations", "capacity_per_s"})
_OF_SERVER = "cpu_ns"


def find_unranked(
    own: CellAggregate, cell: CellResult, metric: Metric, empty_ns: float | None
) -> Unranked | None:
    """Return why a cell is not ranked, as far as the cell itself tells; None if it is.

    `empty_ns` is the time of a call that does nothing, of the same runner and model; None if the
    run has none.
    """
    if cell.failures:
        is_invalid = Status.INVALID in cell.statuses
        obstacle = Obstacle.INVALID if is_invalid else Obstacle.FAILED
        trials = units.format_count(cell.attempts, "trial")
        return Unranked(obstacle, f"{cell.failed_how} of {trials}: {cell.message}")
    if suspicion := _find_suspicion(own, empty_ns):
        return suspicion
    names = metric.formula.names
    if own.client_limit and names & _OF_THROUGHPUT and _OF_SERVER not in names:
        return Unranked(Obstacle.CLIENT_LIMITED, own.client_limit)
    if metric.id in cell.metrics and min(cell.values.values(), default=1.0) <= 0:
        return Unranked(Obstacle.NO_RATIO, f"{metric.label} is not above 0 in every block")
    return None


def _find_suspicion(own: CellAggregate, empty_ns: float | None) -> Unranked | None:
    """Return that an implementation skips its work, or may; None if its time grows with it."""
    if not own.case.workload.grows_with:
        return None
    verdict = judge_growth(own.growths) if own.growths else GrowthVerdict(Growing.SHOWN)
    if verdict.growing is Growing.MISSING:
        return Unranked(Obstacle.SUSPECT, verdict.reason)
    call_ns = own.call_ns
    empty = "" if call_ns is None or empty_ns is None else explain_empty_call(call_ns, empty_ns)
    if empty:
        return Unranked(Obstacle.SUSPECT, empty)
    return Unranked(Obstacle.UNSETTLED, verdict.reason) if verdict.reason else None


def compare_counts(cells: Sequence[CellResult], metric: Metric) -> list[CellResult]:
    """Return the cells of a case; one with too few blocks is not ranked among those with enough."""
    counts = [
        cell.metrics[metric.id].n
        for cell in cells
        if metric.id in cell.metrics and cell.unranked is None
    ]
    if max(counts, default=0) < MIN_FOR_INTERVAL:
        return list(cells)  # a first look: their order is a hint
    return [_with_enough(cell, metric) for cell in cells]


def _with_enough(cell: CellResult, metric: Metric) -> CellResult:
    estimate = cell.metrics.get(metric.id)
    if estimate is None or cell.unranked is not None or estimate.n >= MIN_FOR_INTERVAL:
        return cell
    reason = f"found {estimate.n}, expected at least {MIN_FOR_INTERVAL}, as others have"
    return replace(cell, unranked=Unranked(Obstacle.TOO_FEW, reason))
