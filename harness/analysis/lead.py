"""Who competes and who leads: one alone, several that are tied, or that is undecided. Pure.

Every sentence about the best of a workload uses this ranking, so no two of them disagree.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from msgspec import structs

from harness.analysis.run_results import ranked_groups
from harness.catalog.contestant import DEFAULT_RUNTIME
from harness.catalog.workload import ON_ONE_PROCESSOR
from harness.statistics.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.analysis.comparison import Comparison
    from harness.analysis.run_results import CellResult, WorkloadResult
    from harness.catalog.contestant import Contestant

_MOST_NAMES = 3  # in a sentence


@dataclass(frozen=True)
class Lead:
    """The best, with all that are not different from it."""

    first: tuple[str, ...]  # the best, then those that are tied with it
    undecided: tuple[str, ...]  # neither tied with the best nor different from it

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, the best first."""
        return (*self.first, *self.undecided)


def rivals(result: WorkloadResult) -> list[CellResult]:
    """Return the ranked cells that compete for the lead of a workload, the best first.

    All do the work of the baseline, and no model competes with itself.
    """
    return competitors(contenders(result), result.comparison)


def contenders(result: WorkloadResult) -> list[CellResult]:
    """Return the ranked cells of the first group of variants that do the work of the baseline."""
    (_, group), *_ = ranked_groups(result) or [("", [])]
    return [cell for cell in group if not does_other_work(result, cell)]


def competitors(cells: Sequence[CellResult], comparison: Comparison) -> list[CellResult]:
    """Return those of these ranked cells that compete: one of each model."""
    return without_twins(representatives(cells), comparison)


def representatives(cells: Sequence[CellResult]) -> list[CellResult]:
    """Return the plain cells; where none is plain, those of the default runtime, or else all.

    A model with many variants, or on many Pythons, so competes once, as what most people run.
    """
    plain = [cell for cell in cells if cell.contestant.is_plain]
    default = [cell for cell in cells if cell.contestant.runtime == DEFAULT_RUNTIME]
    return plain or default or list(cells)


def find_better(
    result: WorkloadResult, cells: Sequence[CellResult], best: CellResult
) -> tuple[str, ...]:
    """Return who is really better than the leader, but is a variant or on another runtime.

    `cells` are ranked.
    """
    compete = representatives(cells)
    return tuple(
        cell.name
        for cell in takewhile(lambda cell: cell is not best, cells)
        if cell not in compete and result.comparison.is_different(cell.contestant, best.contestant)
    )


def does_other_work(result: WorkloadResult, cell: CellResult) -> bool:
    """Return whether a contestant does other work than the baseline, such as a copy less."""
    workload = result.workload
    return workload.find_other_work(workload.baseline, cell.contestant) is not None


def without_twins(cells: Sequence[CellResult], comparison: Comparison) -> list[CellResult]:
    """Leave out a model that is restricted to one processor beside the same model without limit.

    It stays where the restriction really makes it better, and stands for both where only it is
    known to be better than all others. The cells are ranked.
    """
    known = {cell.contestant for cell in cells}
    twins = {one: other for one in known if (other := _unlimited(one)) in known}
    unlimited = [cell for cell in cells if cell.contestant not in twins]
    if not cells or (twin := twins.get(cells[0].contestant)) is None:
        return unlimited
    if comparison.verdict(cells[0].contestant, twin) is Verdict.DIFFERENT:
        return list(cells)
    limited = [cell for cell in cells if cell.contestant != twin]
    is_clearer = (
        lead_of(unlimited, comparison).undecided and not lead_of(limited, comparison).undecided
    )
    return limited if is_clearer else unlimited


def _unlimited(contestant: Contestant) -> Contestant | None:
    """Return the contestant that is this one with all processors; None if this one has them."""
    model = ON_ONE_PROCESSOR.get(contestant.model)
    return None if model is None else structs.replace(contestant, model=model)


def find_lead(best: str, verdicts: Mapping[str, Verdict]) -> Lead:
    """Return the lead; `verdicts` judges each of the others against the best, in their order."""
    tied, undecided = (
        tuple(name for name, verdict in verdicts.items() if verdict is wanted)
        for wanted in (Verdict.TIED, Verdict.UNDECIDED)
    )
    return Lead((best, *tied), undecided)


def lead_of(cells: Sequence[CellResult], comparison: Comparison) -> Lead:
    """Return the lead among cells of the headline case, which are ranked and at least one."""
    best, *others = cells
    return find_lead(
        best.name,
        {cell.name: comparison.verdict(cell.contestant, best.contestant) for cell in others},
    )


def join_names(names: Sequence[str], conjunction: str = "and") -> str:
    """Return a list in words: as many names as a sentence holds, then how many others there are."""
    shown = list(names)
    if len(shown) > _MOST_NAMES:
        shown[_MOST_NAMES - 1 :] = [f"{len(shown) - _MOST_NAMES + 1} others"]
    *first, last = shown
    return f"{', '.join(first)} {conjunction} {last}" if first else last
