"""How a cell changed between two versions of the code, and when that is said. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from harness.statistics import estimates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.catalog.parts import Metric
    from harness.results.records import Cell
    from harness.statistics.estimates import Ratio

# Of 100 comparisons of unchanged code, one has a false verdict. Comparisons are made again and
# again, after every change, so 5% would be a false alarm every few weeks.
ALPHA = 0.01


class Change(StrEnum):
    """How the second version of a cell differs from the first."""

    FASTER = "faster"
    SLOWER = "slower"
    TIED = "tied"  # the interval lies within the margin
    UNDECIDED = "undecided"
    NOT_COMPARABLE = "not comparable"


@dataclass(frozen=True)
class CellChange:
    """One cell in both versions. `ratio` is second over first, in cost: above 1 is slower."""

    cell: Cell
    change: Change
    reason: str = ""
    ratio: Ratio | None = None
    is_time: bool = True  # or a rate; other things are not fast or slow

    @property
    def word(self) -> str:
        """The change in a word: memory is not slower but worse."""
        other = {Change.FASTER: "better", Change.SLOWER: "worse"}
        return self.change.value if self.is_time else other.get(self.change, self.change.value)


def undecided(cell: Cell, metric: Metric, ratio: Ratio | None) -> CellChange:
    """Return a change that is not decided yet. `ratio` is one of values, second over first."""
    if ratio is not None and metric.better == "higher":
        ratio = ratio.inverse()
    base, _, per = metric.unit.partition("/")
    return CellChange(cell, Change.UNDECIDED, "", ratio, base in ("ns", "x") or per == "s")


def decide(changes: Sequence[CellChange], margin: float) -> list[CellChange]:
    """Decide each change; probabilities are adjusted for the number of cells (Holm, 1979).

    `margin` is the largest difference that is called tied, 0.1 being 10%.
    """
    ps = [change.ratio.p if change.ratio else None for change in changes]
    adjusted = iter(estimates.adjust_holm([p for p in ps if p is not None]))
    return [
        _explain(change) if p is None else _decide(change, next(adjusted), margin)
        for change, p in zip(changes, ps, strict=True)
    ]


def regressions(changes: Sequence[CellChange], tolerance: float) -> list[CellChange]:
    """Return the cells that are slower by more than the tolerance, 0.05 being 5%."""
    return [
        change
        for change in changes
        if change.change is Change.SLOWER
        and change.ratio is not None
        and change.ratio.value > 1 + tolerance
    ]


def _explain(change: CellChange) -> CellChange:
    if change.change is Change.NOT_COMPARABLE:
        return change
    if change.ratio is None:
        return replace(change, reason="not measured, or a cost that is not positive")
    return replace(change, reason="too few processes")


def _decide(change: CellChange, p: float, margin: float) -> CellChange:
    ratio = change.ratio
    assert ratio is not None
    if p < ALPHA:
        return replace(change, change=Change.SLOWER if ratio.value > 1 else Change.FASTER)
    if ratio.low is None or ratio.high is None:
        return change
    if ratio.low >= 1 / (1 + margin) and ratio.high <= 1 + margin:
        return replace(change, change=Change.TIED, reason=f"within {100 * margin:g}%")
    return change
