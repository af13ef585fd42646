"""Did the working tree become faster than the revision that was measured beside it? Pure.

Both were measured in the same blocks, so their ratio is formed inside blocks: what differs between
two runs cancels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from harness.analysis.changes import CellChange, Change, decide, undecided
from harness.analysis.obstacle import Obstacle
from harness.catalog.contestant import DEFAULT_RUNTIME
from harness.results.records import Cell
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
    of = {cell.contestant: cell for cell in cells}
    pairs = {
        structs.replace(contestant, runtime=DEFAULT_RUNTIME): cell
        for contestant, cell in of.items()
        if contestant.runtime != DEFAULT_RUNTIME
    }
    return [_compare_pair(result, of[one], old) for one, old in pairs.items() if one in of]


def _compare_pair(result: WorkloadResult, new: CellResult, old: CellResult) -> CellChange:
    """Compare two cells of one case; by CPU time if the load generator was the limit of one."""
    limited = any(
        cell.unranked is not None and cell.unranked.obstacle is Obstacle.CLIENT_LIMITED
        for cell in (new, old)
    )
    by_cpu = result.by_cpu
    if limited and by_cpu is not None and new.cell.case in by_cpu.cases:
        in_cpu = {cell.cell: cell for cell in by_cpu.cases[new.cell.case]}
        return _compare_pair(by_cpu, in_cpu[new.cell], in_cpu[old.cell])
    for which, cell in (("the working tree", new), ("the revision", old)):
        if reason := _find_obstacle(cell):
            return CellChange(new.cell, Change.NOT_COMPARABLE, f"{which}: {reason}")
    # The baseline took part in all rounds, even if memory did not allow both sides the same ones.
    baseline = Cell(result.workload.baseline, new.cell.case)
    base = next((cell for cell in result.cases[new.cell.case] if cell.cell == baseline), None)
    id_ = result.metric.id
    ratio = estimate_ratio(new.series[id_], old.series[id_], base.series[id_] if base else None)
    return undecided(new.cell, result.metric, ratio)


def _find_obstacle(cell: CellResult) -> str:
    """Return why the values of a cell do not show what its work took, or an empty text."""
    if cell.failures:
        return f"{cell.failed_how} of {cell.attempts}: {cell.message}"
    return cell.unranked.text if cell.unranked and cell.unranked.is_misleading else ""
