"""Did the working tree become faster than the revision that was measured beside it? Pure.

Both were measured in the same blocks, so their ratio is formed inside blocks: what differs between
two runs cancels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from harness.analysis.changes import CellChange, Change, decide, undecided
from harness.catalog.contestant import DEFAULT_RUNTIME
from harness.statistics.blocks import estimate_ratio

if TYPE_CHECKING:
    from harness.analysis.run_results import Analysis, CellResult, WorkloadResult

# Who asks for the effect of a change asks for less than the 10% that models are called tied within.
MARGIN = 0.02


def compare_revision(analysis: Analysis) -> list[CellChange]:
    """Compare the working tree with the revision, cell by cell."""
    changes = [
        change
        for result in analysis.workloads.values()
        for cells in result.cases.values()
        for change in _compare(result, cells)
    ]
    return decide(changes, MARGIN)


def _compare(result: WorkloadResult, cells: list[CellResult]) -> list[CellChange]:
    revision_of = {
        structs.replace(cell.contestant, runtime=DEFAULT_RUNTIME): cell
        for cell in cells
        if cell.contestant.runtime != DEFAULT_RUNTIME
    }
    # It took part in all rounds, even if memory did not allow the two sides the same ones.
    base = next((cell for cell in cells if cell.contestant == result.workload.baseline), None)
    return [
        _compare_pair(result, cell, revision_of[cell.contestant], base)
        for cell in cells
        if cell.contestant in revision_of
    ]


def _compare_pair(
    result: WorkloadResult, new: CellResult, old: CellResult, base: CellResult | None
) -> CellChange:
    for which, cell in (("the working tree", new), ("the revision", old)):
        if cell.failures:
            reason = f"{which}: {cell.failed_how} of {cell.attempts}: {cell.message}"
            return CellChange(new.cell, Change.NOT_COMPARABLE, reason)
    metric = result.metric
    ratio = estimate_ratio(
        new.series[metric.id], old.series[metric.id], base.series[metric.id] if base else None
    )
    return undecided(new.cell, metric, ratio)
