"""The values of a metric by block and round, and ratios of contestants inside them. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from harness.statistics.between_hosts import MIN_HOSTS
from harness.statistics.estimates import estimate_median, paired_ratio
from harness.statistics.metrics import array_median

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from harness.statistics.estimates import Estimate, Ratio


@dataclass(frozen=True)
class Rounds:
    """The values of one process in consecutive rounds of a block, shape (rounds,)."""

    first: int
    values: NDArray[np.float64]

    def meet(self, other: Rounds) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """Return the values of both in the rounds that they have in common; None without any."""
        first = max(self.first, other.first)
        end = min(self.first + self.values.size, other.first + other.values.size)
        if first >= end:
            return None
        mine, theirs = (one.values[first - one.first : end - one.first] for one in (self, other))
        return mine, theirs

    def divide(self, other: Rounds) -> NDArray[np.float64] | None:
        """Return the ratio inside each common round; None if there is none."""
        common = self.meet(other)
        return None if common is None or not common[1].all() else common[0] / common[1]


@dataclass
class BlockValues:
    """One value per block; and one per round of each block whose contestants took turns."""

    by_block: dict[int, float] = field(default_factory=dict)
    by_round: dict[int, Rounds] = field(default_factory=dict)
    hosts: dict[int, str] = field(default_factory=dict)  # of a fleet: block -> where it ran

    def add(
        self,
        block: int,
        samples: NDArray[np.float64],
        rounds: int,
        first_round: int = 0,
        host: str = "",
    ) -> None:
        """Add the samples of one process; `rounds` is 0 if it was measured alone."""
        value = array_median(samples)
        if value is not None:
            self.by_block[block] = value
            if host:
                self.hosts[block] = host
            if rounds and samples.size == rounds:
                self.by_round[block] = Rounds(first_round, samples)

    def map(self, formula: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> BlockValues:
        """Return what a formula makes of every value."""
        values = formula(np.array(list(self.by_block.values()), dtype=float))
        return BlockValues(
            dict(zip(self.by_block, values.tolist(), strict=True)),
            {
                block: Rounds(rounds.first, formula(rounds.values))
                for block, rounds in self.by_round.items()
            },
            self.hosts,
        )


def estimate_ratio(
    these: BlockValues, those: BlockValues, base: BlockValues | None = None
) -> Ratio | None:
    """Estimate the ratio of two contestants from their common blocks; see `pair_block`.

    Returns None without common blocks, or if any value is not positive.
    """
    return estimate_by_host(group_by_host(_pair_blocks(these, those, base), these.hosts))


def estimate_difference(these: BlockValues, those: BlockValues, name: str) -> Estimate | None:
    """Estimate how much larger values are than others, from their common blocks.

    The estimate is the median over blocks, or over five hosts or more; `name` seeds its resampling.
    Returns None without common blocks.
    """
    common = (block for block in these.by_block if block in those.by_block)
    blocks = {block: _subtract(these, those, block) for block in common}
    return estimate_median(independent_values(BlockValues(blocks, hosts=these.hosts)), name)


def _subtract(these: BlockValues, those: BlockValues, block: int) -> float:
    """Return the median over common rounds of the difference inside each, or that of the block."""
    mine, theirs = these.by_round.get(block), those.by_round.get(block)
    common = None if mine is None or theirs is None else mine.meet(theirs)
    if common is None:
        return these.by_block[block] - those.by_block[block]
    return float(np.median(common[0] - common[1]))


def estimate_by_host(by_host: Mapping[str, Sequence[tuple[float, float]]]) -> Ratio | None:
    """Estimate a ratio from the pairs of the blocks of each host.

    Of five hosts or more, the replicate is the host: see `between_hosts`. No host is left out,
    because a host that differs is no slow phase. Returns None without pairs, or if any value is not
    positive.
    """
    pairs = [pair for own in by_host.values() for pair in own]
    if len(by_host) < MIN_HOSTS or any(a <= 0 or b <= 0 for a, b in pairs):
        return paired_ratio(pairs)
    means = [(geometric_mean_ratio(own), 1.0) for own in by_host.values()]
    return paired_ratio(means, trims=False)


def host_medians(values: BlockValues) -> list[float]:
    """Return the median over blocks of each host; nothing of fewer than five hosts."""
    by_host: dict[str, list[float]] = {}
    for block, value in values.by_block.items():
        by_host.setdefault(values.hosts.get(block, ""), []).append(value)
    return [median(own) for own in by_host.values()] if len(by_host) >= MIN_HOSTS else []


def independent_values(values: BlockValues) -> list[float]:
    """Return one value per host if there are five or more, else one per block."""
    return host_medians(values) or list(values.by_block.values())


def pair_blocks(
    these: BlockValues, those: BlockValues, base: BlockValues | None = None
) -> list[tuple[float, float]]:
    """Return one pair per common block, whose ratio is that of the block; see `pair_block`."""
    return list(_pair_blocks(these, those, base).values())


def _pair_blocks(
    these: BlockValues, those: BlockValues, base: BlockValues | None
) -> dict[int, tuple[float, float]]:
    pairs = {block: pair_block(these, those, block, base) for block in these.by_block}
    return {block: pair for block, pair in pairs.items() if pair is not None}


def group_by_host(
    pairs: Mapping[int, tuple[float, float]], hosts: Mapping[int, str]
) -> dict[str, list[tuple[float, float]]]:
    """Return the pairs of the blocks of each host."""
    by_host: dict[str, list[tuple[float, float]]] = {}
    for block, pair in pairs.items():
        by_host.setdefault(hosts.get(block, ""), []).append(pair)
    return by_host


def geometric_mean_ratio(pairs: Sequence[tuple[float, float]]) -> float:
    """Return the geometric mean of a/b over pairs of positive values."""
    return math.exp(sum(math.log(a / b) for a, b in pairs) / len(pairs))


def pair_block(
    these: BlockValues, those: BlockValues, block: int, base: BlockValues | None = None
) -> tuple[float, float] | None:
    """Return a pair whose ratio is that of a block; None if one side has no value.

    Where both took turns, it is the median over rounds of the ratio inside the round: a slow phase
    of the machine meets both sides of a round. If they have no round in common, because memory did
    not allow it, each is divided by `base`, which took part in all rounds. Else it is the ratio of
    their values.
    """
    if block not in these.by_block or block not in those.by_block:
        return None
    ratios = round_ratios(these, those, block)
    if ratios is not None:
        return _median(ratios), 1.0
    if base is not None:
        mine, theirs = (round_ratios(side, base, block) for side in (these, those))
        if mine is not None and theirs is not None:
            return _median(mine), _median(theirs)
    return these.by_block[block], those.by_block[block]


def round_ratios(these: BlockValues, those: BlockValues, block: int) -> NDArray[np.float64] | None:
    """Return the ratio inside each common round of a block; None if there is none."""
    mine, theirs = these.by_round.get(block), those.by_round.get(block)
    return None if mine is None or theirs is None else mine.divide(theirs)


def _median(ratios: NDArray[np.float64]) -> float:
    """Return the median of ratios; the median of their inverses is its inverse.

    So the mean of two in the middle is the geometric one, unless a cost is not positive.
    """
    ordered = np.sort(ratios)
    low, high = ordered[(ratios.size - 1) // 2], ordered[ratios.size // 2]
    return math.sqrt(low * high) if low > 0 else float(low + high) / 2
