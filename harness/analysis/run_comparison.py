"""Two runs, cell by cell: is the second faster, slower, the same, or is that undecided. Pure.

On one machine the values themselves are compared. Across machines only ratios to the baseline can
be: there a cell's value is its ratio to the baseline of its own run, by block.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from harness.errors import Exit, Problem
from harness.statistics import estimates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.analyse import Analysis, CellResult, WorkloadResult
    from harness.results.records import Cell, Machine
    from harness.statistics.estimates import Ratio

_ALPHA = 0.05  # of one false difference among all cells of a comparison
_SAME_MACHINE = ("host", "system", "cpu", "logical_cores", "memory_bytes")


class Change(StrEnum):
    """How the second run's cell differs from the first's."""

    FASTER = "faster"
    SLOWER = "slower"
    SAME = "same"  # within the noise floor
    UNDECIDED = "undecided"
    NOT_COMPARABLE = "not comparable"


@dataclass(frozen=True)
class CellChange:
    """One cell in both runs. `ratio` is the second over the first, in cost: above 1 is slower."""

    cell: Cell
    change: Change
    reason: str = ""
    ratio: Ratio | None = None
    floor: float = 1.0  # the larger noise floor of the two runs, as a factor
    is_time: bool = True  # or a rate; other things are not fast or slow

    @property
    def word(self) -> str:
        """The change in a word: memory is not slower but worse."""
        other = {Change.FASTER: "better", Change.SLOWER: "worse"}
        return self.change.value if self.is_time else other.get(self.change, self.change.value)


def compare_runs(
    first: Analysis, second: Analysis, *, across_machines: bool = False
) -> list[CellChange]:
    """Compare two runs. Raises Problem if they are of different machines or share no cell."""
    differences = _machine_differences(first.run.machine, second.run.machine)
    if differences and not across_machines:
        raise Problem(
            f"the runs are of different machines ({'; '.join(differences)}), so times cannot be"
            " compared; --across-machines compares the ratios to the baseline of each run",
            Exit.NOT_POSSIBLE,
        )
    changes = [
        change
        for id_, result in second.workloads.items()
        if id_ in first.workloads
        for change in _compare(first.workloads[id_], result, across_machines=across_machines)
    ]
    if not changes:
        raise Problem("the runs have no cell in common; nothing to compare", Exit.NOT_POSSIBLE)
    return _decided(changes)


def regressions(changes: Sequence[CellChange], tolerance: float) -> list[CellChange]:
    """Return the cells that are slower by more than the tolerance, 0.05 being 5%."""
    return [
        change
        for change in changes
        if change.change is Change.SLOWER
        and change.ratio is not None
        and change.ratio.value > 1 + tolerance
    ]


def _machine_differences(first: Machine, second: Machine) -> list[str]:
    return [
        f"{name}: {getattr(first, name)} and {getattr(second, name)}"
        for name in _SAME_MACHINE
        if getattr(first, name) != getattr(second, name)
    ]


def _compare(
    first: WorkloadResult, second: WorkloadResult, *, across_machines: bool
) -> list[CellChange]:
    changes = []
    for case, cells in second.cases.items():
        before = {cell.cell: cell for cell in first.cases.get(case, [])}
        for new in cells:
            old = before.get(new.cell)
            if old is None or (old.absent is not None and new.absent is not None):
                continue
            if reason := _obstacle(first, second, old, new):
                changes.append(CellChange(new.cell, Change.NOT_COMPARABLE, reason))
                continue
            if across_machines and new.contestant == second.workload.baseline:
                continue  # its ratio to itself is always 1
            if across_machines:
                values = _to_baseline(second, case, new), _to_baseline(first, case, old)
            else:
                values = list(new.values.values()), list(old.values.values())
            ratio = estimates.unpaired_ratio(*values)
            if ratio is not None and second.metric.better == "higher":
                ratio = ratio.inverse()
            floor = max(first.comparison.floor or 1.0, second.comparison.floor or 1.0)
            base, _, per = second.metric.unit.partition("/")
            is_time = base in ("ns", "x") or per == "s"
            changes.append(CellChange(new.cell, Change.UNDECIDED, "", ratio, floor, is_time))
    return changes


def _obstacle(
    first: WorkloadResult, second: WorkloadResult, old: CellResult, new: CellResult
) -> str:
    """Return why two cells cannot be compared, or an empty text."""
    if first.workload.text != second.workload.text:
        return "the workload file has changed"
    for which, cell in (("first", old), ("second", new)):
        if cell.absent is not None:
            return f"in the {which} run it is {cell.absent.absence.label}"
        if cell.failures:
            return f"in the {which} run {cell.failures} of {cell.attempts} trials failed"
        if not cell.values:
            return f"in the {which} run it was not measured"
    return ""


def _to_baseline(result: WorkloadResult, case: str, cell: CellResult) -> list[float]:
    """Return the ratios of a cell to the baseline of its run, one per block that both share."""
    for base in result.cases[case]:
        if base.contestant == result.workload.baseline:
            return [
                value / base.values[block]
                for block, value in cell.values.items()
                if base.values.get(block, 0) > 0
            ]
    return []


def _decided(changes: list[CellChange]) -> list[CellChange]:
    """Decide each change; probabilities are adjusted for the number of cells."""
    ps = [change.ratio.p if change.ratio else None for change in changes]
    adjusted = iter(estimates.adjust_holm([p for p in ps if p is not None]))
    return [
        _undecidable(change) if p is None else _decide(change, next(adjusted))
        for change, p in zip(changes, ps, strict=True)
    ]


def _undecidable(change: CellChange) -> CellChange:
    if change.change is Change.NOT_COMPARABLE:
        return change
    return replace(change, reason="too few processes, or a cost that is not positive")


def _decide(change: CellChange, p: float) -> CellChange:
    ratio = change.ratio
    assert ratio is not None
    assert ratio.low is not None
    assert ratio.high is not None
    if p < _ALPHA and max(ratio.value, 1 / ratio.value) > change.floor:
        return replace(change, change=Change.SLOWER if ratio.value > 1 else Change.FASTER)
    if 1 / change.floor <= ratio.low and ratio.high <= change.floor:
        return replace(change, change=Change.SAME, reason="within the noise floor")
    return change
