"""Two runs, cell by cell: is the second faster, slower, the same, or can it not be said. Pure.

On one machine the values themselves are compared. Across machines only how a contestant stands to
the baseline of its own run can be: there a cell's value is its ratio to the baseline, by block.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from harness.catalog.workload import BASELINE
from harness.errors import Exit, Problem
from harness.statistics import estimates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.analyse import Analysis, CellResult, WorkloadResult
    from harness.results.records import Cell, Machine
    from harness.statistics.estimates import Ratio

_ALPHA = 0.05  # of one false difference among all cells of a comparison
_SAME_MACHINE = ("host", "system", "cpu", "logical_cores", "memory_bytes")


class Verdict(StrEnum):
    """What can be said of the second run's cell against the first's."""

    FASTER = "faster"
    SLOWER = "slower"
    SAME = "same"  # within the noise floor
    UNDECIDED = "undecided"
    NOT_COMPARABLE = "not comparable"


@dataclass(frozen=True)
class Row:
    """One cell in both runs. `ratio` is the second over the first, in cost: above 1 is slower."""

    cell: Cell
    verdict: Verdict
    reason: str = ""
    ratio: Ratio | None = None
    floor: float = 1.0
    is_time: bool = True  # or a rate; of anything else nothing is fast

    @property
    def word(self) -> str:
        """The verdict as people say it: memory is no slower, it is worse."""
        other = {Verdict.FASTER: "better", Verdict.SLOWER: "worse"}
        return self.verdict.value if self.is_time else other.get(self.verdict, self.verdict.value)


def versus(first: Analysis, second: Analysis, *, across_machines: bool = False) -> list[Row]:
    """Compare two runs. Raises Problem where they are of different machines, or share nothing."""
    differences = _machine_differences(first.run.machine, second.run.machine)
    if differences and not across_machines:
        raise Problem(
            f"the runs are of different machines ({'; '.join(differences)}), so times cannot be"
            " compared; --across-machines compares how models stand to the baseline in each",
            Exit.NOT_POSSIBLE,
        )
    rows = [
        row
        for id_, theirs in second.workloads.items()
        if id_ in first.workloads
        for row in _workload(first.workloads[id_], theirs, across_machines=across_machines)
    ]
    if not rows:
        raise Problem("the runs have no cell in common; nothing to compare", Exit.NOT_POSSIBLE)
    return _judged(rows)


def regressions(rows: Sequence[Row], tolerance: float) -> list[Row]:
    """Return the cells that are slower by more than the tolerance, 0.05 being 5%."""
    return [
        row
        for row in rows
        if row.verdict is Verdict.SLOWER
        and row.ratio is not None
        and row.ratio.value > 1 + tolerance
    ]


def _machine_differences(one: Machine, other: Machine) -> list[str]:
    return [
        f"{name}: {getattr(one, name)} and {getattr(other, name)}"
        for name in _SAME_MACHINE
        if getattr(one, name) != getattr(other, name)
    ]


def _workload(first: WorkloadResult, second: WorkloadResult, *, across_machines: bool) -> list[Row]:
    rows = []
    for case, cells in second.cases.items():
        before = {one.cell: one for one in first.cases.get(case, [])}
        for one in cells:
            other = before.get(one.cell)
            if other is None or (other.absent is not None and one.absent is not None):
                continue
            reason = _obstacle(first, second, other, one)
            if reason:
                rows.append(Row(one.cell, Verdict.NOT_COMPARABLE, reason))
                continue
            if across_machines and one.cell.model == BASELINE and one.contestant.is_plain:
                continue  # it stands to itself as it always does
            old, new = (
                (
                    _to_baseline(result, case, cell)
                    if across_machines
                    else list(cell.values.values())
                )
                for result, cell in ((first, other), (second, one))
            )
            ratio = estimates.unpaired_ratio(new, old)
            if ratio is not None and second.metric.better == "higher":
                ratio = ratio.inverse()
            floor = max(first.comparison.floor or 1.0, second.comparison.floor or 1.0)
            base, _, per = second.metric.unit.partition("/")
            is_time = base in ("ns", "x") or per == "s"
            rows.append(Row(one.cell, Verdict.UNDECIDED, "", ratio, floor, is_time))
    return rows


def _obstacle(
    first: WorkloadResult, second: WorkloadResult, old: CellResult, new: CellResult
) -> str:
    """Return why two cells cannot be compared, or an empty text."""
    if first.workload.text != second.workload.text:
        return "the workload file has changed"
    for which, one in (("first", old), ("second", new)):
        if one.absent is not None:
            return f"in the {which} run it is {one.absent.absence.value.replace('_', ' ')}"
        if one.failures:
            return f"in the {which} run {one.failures} of {one.attempts} trials failed"
        if not one.values:
            return f"in the {which} run it was not measured"
    return ""


def _to_baseline(result: WorkloadResult, case: str, one: CellResult) -> list[float]:
    base = next(
        (c for c in result.cases[case] if c.cell.model == BASELINE and c.contestant.is_plain), None
    )
    if base is None:
        return []
    return [one.values[b] / base.values[b] for b in one.values if base.values.get(b, 0) > 0]


def _judged(rows: list[Row]) -> list[Row]:
    """Give the verdicts; probabilities are adjusted for the number of cells."""
    sure = [row for row in rows if row.ratio is not None and row.ratio.p is not None]
    adjusted = estimates.adjust_holm(
        [row.ratio.p for row in sure if row.ratio and row.ratio.p is not None]
    )
    verdicts = {id(row): _verdict(row, p) for row, p in zip(sure, adjusted, strict=True)}
    return [
        verdicts.get(
            id(row),
            row
            if row.verdict is Verdict.NOT_COMPARABLE
            else replace(row, reason="too few processes, or a cost that is not positive"),
        )
        for row in rows
    ]


def _verdict(row: Row, p: float) -> Row:
    ratio = row.ratio
    assert ratio is not None
    assert ratio.low is not None
    assert ratio.high is not None
    if p < _ALPHA and max(ratio.value, 1 / ratio.value) > row.floor:
        return replace(row, verdict=Verdict.SLOWER if ratio.value > 1 else Verdict.FASTER)
    if 1 / row.floor <= ratio.low and ratio.high <= row.floor:
        return replace(row, verdict=Verdict.SAME, reason="within the noise floor")
    return row
