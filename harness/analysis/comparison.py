"""How the contestants of a headline case compare: every two of them, and the tiers. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from harness.statistics.blocks import estimate_ratio
from harness.statistics.verdicts import Verdict, judge_ratios

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.catalog.contestant import Contestant
    from harness.statistics.blocks import BlockValues
    from harness.statistics.estimates import Ratio

    Pair = tuple[Contestant, Contestant]


class Decided(NamedTuple):
    """How many of some contrasts are decided: different or tied."""

    decided: int
    contrasts: int


@dataclass(frozen=True)
class Comparison:
    """How the contestants of a headline case compare, by its headline metric, inside blocks."""

    ratios: dict[Pair, Ratio] = field(default_factory=dict)  # of the first to the second
    verdicts: dict[Pair, Verdict] = field(default_factory=dict)  # of every pair with a ratio
    control: Ratio | None = None  # the same contestant twice
    tiers: tuple[tuple[Contestant, ...], ...] = ()  # best first; empty while too little is known

    def verdict(self, this: Contestant, to: Contestant) -> Verdict:
        """Return whether two contestants are different, tied, or undecided."""
        return self.verdicts.get((this, to), Verdict.UNDECIDED)

    def is_different(self, this: Contestant, to: Contestant) -> bool:
        """Return whether a difference is real: adjusted for their number, above the noise floor."""
        return self.verdict(this, to) is Verdict.DIFFERENT

    def is_judged(self, this: Contestant, to: Contestant) -> bool:
        """Return whether there were enough blocks to test two contestants."""
        ratio = self.ratios.get((this, to))
        return ratio is not None and ratio.has_interval

    def count_decided(self, pairs: Iterable[Pair] | None = None) -> Decided:
        """Count the decided ones among these pairs; by default among every two contestants."""
        if pairs is None:
            pairs = [(this, to) for this, to in self.ratios if this < to]
        verdicts = [self.verdict(*pair) for pair in pairs]
        return Decided(len(verdicts) - verdicts.count(Verdict.UNDECIDED), len(verdicts))

    @property
    def floor(self) -> float | None:
        """The noise floor as a factor: no ratio nearer to 1 than this is called real."""
        return find_floor(self.control)

    def tier_of(self, contestant: Contestant) -> int | None:
        """Return the tier of a contestant, from 1; None where it has none."""
        for number, tier in enumerate(self.tiers, 1):
            if contestant in tier:
                return number
        return None

    def standing(self, contestant: Contestant) -> str:
        """Return the tier of a contestant, and its verdict against the best of it: `2 tied`."""
        number = self.tier_of(contestant)
        if number is None:
            return ""
        best = self.tiers[number - 1][0]
        return str(number) if best == contestant else f"{number} {self.verdict(contestant, best)}"


def find_floor(control: Ratio | None) -> float | None:
    """Return how far the interval of an A/A ratio reaches from 1, as a factor; None if unknown."""
    if control is None or control.low is None or control.high is None:
        return None
    return max(control.high, 1 / control.low)


def compare(
    values: Mapping[Contestant, BlockValues],
    control: Ratio | None,
    best_first: Sequence[Contestant],
    baseline: Contestant,
) -> Comparison:
    """Compare every two contestants; those of `best_first` are put into tiers.

    The baseline has taken part in all rounds of a block, even where others did not fit into memory.
    """
    base = values.get(baseline)
    found = {
        (this, to): ratio
        for this, to in combinations(values, 2)
        if (ratio := estimate_ratio(values[this], values[to], base))
    }
    comparison = Comparison(control=control)
    judged = judge_ratios(list(found.values()), comparison.floor or 1.0)
    for ((this, to), ratio), verdict in zip(found.items(), judged, strict=True):
        comparison.ratios.update({(this, to): ratio, (to, this): ratio.inverse()})
        comparison.verdicts.update({(this, to): verdict, (to, this): verdict})
    return replace(comparison, tiers=cut_tiers(best_first, comparison))


def cut_tiers(
    best_first: Sequence[Contestant], comparison: Comparison
) -> tuple[tuple[Contestant, ...], ...]:
    """Group a ranking into tiers; empty if there is too little to compare.

    All members of a tier are different from the best of each tier above; none is different from the
    best of its own. A contestant that cannot be compared with most others, because they share too
    few blocks, is in no tier.
    """
    judged = [one for one in best_first if _is_comparable(one, best_first, comparison)]
    if len(judged) <= 1:
        return ()
    tiers: list[list[Contestant]] = []
    for contestant in judged:
        if any(not comparison.is_judged(contestant, tier[0]) for tier in tiers):
            continue
        for tier in tiers:
            if not comparison.is_different(contestant, tier[0]):
                tier.append(contestant)
                break
        else:
            tiers.append([contestant])
    return tuple(map(tuple, tiers))


def _is_comparable(
    one: Contestant, contestants: Sequence[Contestant], comparison: Comparison
) -> bool:
    """Return whether a contestant was compared with at least half of the others."""
    others = [other for other in contestants if other != one]
    return 2 * sum(comparison.is_judged(one, other) for other in others) >= max(1, len(others))
