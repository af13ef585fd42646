"""What a run leaves undecided, and what would decide it. Pure.

The number of blocks is a forecast: the standard error of a mean falls with the square root of the
blocks. It cannot know whether the estimate itself will move.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from harness.analysis.contrasts import contrasts
from harness.statistics import distributions, estimates
from harness.statistics.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.analysis.comparison import Comparison, Pair
    from harness.analysis.run_results import CellResult, WorkloadResult
    from harness.statistics.estimates import Ratio

_ALPHA = 0.05
_MANY = 200  # degrees of freedom from which Student's distribution is nearly the normal one


class Remedy(StrEnum):
    """What would decide a comparison."""

    BLOCKS = "blocks"  # more of them
    QUIET = "quiet"  # a quieter machine: the noise floor is above the difference and the margin
    OTHER = "other"  # one side is not ranked; it says why


@dataclass(frozen=True)
class Undecided:
    """A contrast that is neither different nor tied."""

    workload: str  # title
    pair: Pair
    remedy: Remedy
    factor: float = math.inf  # times as many blocks, at least; infinite if unknown


def undecided(results: Iterable[WorkloadResult]) -> Iterator[Undecided]:
    """Yield the undecided contrasts of some workloads, but for those that measure the workbench."""
    for result in results:
        if result.workload.is_floor:
            continue
        for pair in contrasts(result):
            if result.comparison.verdict(*pair) is Verdict.UNDECIDED:
                yield _explain(result, pair)


def not_ranked(results: Iterable[WorkloadResult]) -> Iterator[tuple[WorkloadResult, CellResult]]:
    """Yield the measured contestants that are not ranked and that more blocks would not rank."""
    for result in results:
        for cell in result.headline:
            if cell.unranked is not None and not cell.unranked.is_for_now:
                yield result, cell


def _explain(result: WorkloadResult, pair: Pair) -> Undecided:
    title, comparison = result.workload.title, result.comparison
    barred = {cell.contestant for _, cell in not_ranked([result]) if cell.contestant in pair}
    if barred:
        return Undecided(title, pair, Remedy.OTHER)
    ratio = comparison.ratios.get(pair)
    if ratio is None or not ratio.has_interval:
        missing = estimates.MIN_FOR_INTERVAL / max(1, ratio.n if ratio else 1)
        return Undecided(title, pair, Remedy.BLOCKS, max(missing, 1.0))
    floor = comparison.floor or 1.0
    if floor > max(estimates.MARGIN, ratio.value, 1 / ratio.value):
        return Undecided(title, pair, Remedy.QUIET)
    return Undecided(title, pair, Remedy.BLOCKS, _forecast(ratio, comparison))


def _forecast(ratio: Ratio, comparison: Comparison) -> float:
    """Return how many times as many blocks show a difference or a tie, whichever comes first."""
    error = ratio.error
    assert error is not None  # it has an interval
    pairs, floor = max(1, len(comparison.ratios) // 2), comparison.floor or 1.0
    distance = abs(math.log(ratio.value))
    factors = [math.inf]
    if math.exp(distance) > floor and distance:
        needed = distance / distributions.t_quantile(_MANY, _ALPHA / pairs)
        factors.append((error / needed) ** 2)
    if floor <= estimates.MARGIN and distance < math.log(estimates.MARGIN):
        room = math.log(estimates.MARGIN) - distance
        needed = room / distributions.t_quantile(_MANY, 2 * _ALPHA / pairs)
        factors.append((error / needed) ** 2)
    # It is not decided yet: Student's quantile with few degrees of freedom is larger.
    return max(min(factors), 1.0)
