"""How many rounds a block should have: enough to average out noise, few enough to be cheap. Pure.

Kalibera and Jones (2013, "Rigorous benchmarking in reasonable time"), for medians of ratios inside
rounds. Their formula is for means. On a machine with slow phases one round in four is bad: a median
of three rounds then fails often, and one of nine seldom, which no variance of single rounds shows.
So the noise of a median of r rounds is worked out from the rounds that were measured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from operator import mul
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from harness.statistics import distributions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# Of the first block, and where nothing is known of the noise inside blocks. Until there are enough
# blocks for an interval, hardly more, so that intervals come soon.
DEFAULT_ROUNDS = 5
FEWEST_ROUNDS, MOST_ROUNDS = 5, 15
FEWEST_LONG_ROUNDS = 3  # if a round is so long that five would cost more than a process
# How long all rounds of a block may take: while there are too few blocks for an interval, so many
# seconds a round, and those beyond the first few together half a second; to find out how noisy
# rounds are that take longer; and once that is known.
_ROUND_S = 1.0
_FURTHER_ROUNDS_S = 0.5
_TO_LEARN_S = 15.0
_LONGEST_S = 30.0
# If a round takes longer, three are enough, or even one where it leaves little noise.
_LONG_ROUND_S = 0.5
_PART_S = 1.5  # a round that takes longer than one of these is split
# At least so much of the variance of blocks is between processes: few blocks cannot show less.
_LEAST_BETWEEN = 0.25
_BLOCKS = 5  # the first interval is of so many
# No contestant takes more of a block's time than so many with the median turn, or than one with
# turns of so many seconds.
_LARGEST_SHARE = 4
_SHORT_TURN_S = 0.1
_ENOUGH = 0.5  # of the precision asked for: what rounds may leave of noise in that interval


@dataclass(frozen=True)
class Costs:
    """What a block costs, in any unit: its start with all else but the rounds, and one round."""

    start: float
    round: float


class RoundLimits(NamedTuple):
    """How many rounds a block has at most, and how long they may take together.

    With many contestants a round takes seconds, and a slow phase meets only some of it. So the
    contestants are split into parts, each with the baseline.
    """

    most: int
    time_s: float
    parts: int = 1  # of contestants that take their rounds one part after the other


def limit_soon(most: int) -> RoundLimits:
    """Return the limits of a block of a case that has no intervals yet."""
    return RoundLimits(most, most * _ROUND_S)


SOON = limit_soon(DEFAULT_ROUNDS)  # of the first block of a case
OF_LATENCIES = limit_soon(FEWEST_LONG_ROUNDS)  # of its later blocks, if it measures latencies


def limit_rounds(
    contrasts: Sequence[Sequence[NDArray[np.float64]]],
    costs: Costs,
    precision: float,
    *,
    is_soon: bool,
    least: int = 1,
) -> RoundLimits:
    """Return the limits of a block of a case that has earlier ones; see `choose_rounds`.

    There are never fewer than `least`. Latencies have no ratios inside rounds: one round has
    thousands of them. If all blocks had a single round, nothing is known of the noise inside them.
    Three rounds tell, where they do not take long.
    """
    sizes = [ratios.size for blocks in contrasts for ratios in blocks]
    if not sizes:
        return OF_LATENCIES
    parts = max(1, round(costs.round / _PART_S))
    if max(sizes) == 1:
        return RoundLimits(FEWEST_LONG_ROUNDS, _TO_LEARN_S, parts)
    fewest = max(least, 1 if costs.round > _LONG_ROUND_S else FEWEST_ROUNDS)
    wanted = choose_rounds(contrasts, costs, precision, fewest)
    limits = RoundLimits(wanted, _LONGEST_S)
    if is_soon:
        further = 2 * int(_FURTHER_ROUNDS_S / (2 * costs.round)) if wanted > DEFAULT_ROUNDS else 0
        limits = limit_soon(min(wanted, DEFAULT_ROUNDS + further))
    return limits if wanted == 1 else limits._replace(parts=parts)


def choose_rounds(
    contrasts: Sequence[Sequence[NDArray[np.float64]]],
    costs: Costs,
    precision: float,
    fewest: int = FEWEST_ROUNDS,
) -> int:
    """Return the number of rounds that gives the narrowest intervals for the same total cost.

    `contrasts` has, for each ratio of the case, those inside the rounds of each earlier block, all
    positive. With r rounds a block costs start + r * round, and the variance of its logarithm is
    that between processes, plus the noise of a median of r rounds; the product of both is to be
    small. No more rounds are chosen than `precision` needs, the relative half-width asked for, and
    not less than `fewest`, an odd number; a single one only if it is enough for it.
    """
    several = [[np.log(block) for block in blocks if block.size > 1] for blocks in contrasts]
    noises = [noise for blocks in several if blocks and (noise := _Noise.of(blocks)).of_block > 0]
    if not noises or costs.round <= 0:
        return DEFAULT_ROUNDS
    choices = range(fewest, MOST_ROUNDS + 1, 2)  # the median of an even number is hardly better
    between = _between(noises)
    waste = {
        rounds: (max(0.0, costs.start) + rounds * costs.round)
        * (between + median(noise.of_median(rounds) / noise.of_block for noise in noises))
        for rounds in choices
        if rounds > 1  # three residuals of a block say too little of what one round would leave
    }
    best = min(waste, key=waste.__getitem__)
    return next((few for few in choices if few >= best or _is_enough(noises, few, precision)), best)


def fit_rounds(
    turns_s: Sequence[float], time_s: float, least: int, most: int, fewest_each: int
) -> list[int]:
    """Return in how many rounds of a block each contestant takes part, the first ones.

    `turns_s` is how long its first turn took. There are as many rounds as fit into the time, from
    `least` to `most`. A contestant whose turns are very long takes part in fewer, but at least in
    `fewest_each`: its ratio is far from 1, and the others can have more rounds, closer together.
    """
    for rounds in range(most, least, -1):
        shares = _share_rounds(turns_s, rounds, fewest_each)
        if sum(map(mul, shares, turns_s)) <= time_s:
            return shares
    return _share_rounds(turns_s, least, fewest_each)


def time_round_s(turns_s: Sequence[float]) -> float:
    """Return how long a round of these turns takes; at least one turn is needed.

    A very long turn counts in part: its contestant takes part in some of the rounds only.
    """
    longest_s = _longest_turn_s(turns_s)
    return sum(min(turn_s, longest_s) for turn_s in turns_s)


def _longest_turn_s(turns_s: Sequence[float]) -> float:
    """Return how long a turn may be for its contestant to take part in every round."""
    return max(_SHORT_TURN_S, _LARGEST_SHARE * median(turns_s))


def _share_rounds(turns_s: Sequence[float], rounds: int, fewest: int) -> list[int]:
    most_s = rounds * _longest_turn_s(turns_s)
    return [
        min(rounds, max(fewest, int(most_s / turn_s))) if turn_s else rounds for turn_s in turns_s
    ]


@dataclass(frozen=True)
class _Noise:
    """The noise inside the blocks of one ratio, and the variance of their medians."""

    residuals: NDArray[np.float64]  # of logarithms from the median of their block, in order
    of_block: float  # variance that the rounds of a block leave in its median, on average
    variance: float | None  # of the medians of blocks; None for a single block
    blocks: int

    @classmethod
    def of(cls, logs: Sequence[NDArray[np.float64]]) -> _Noise:
        medians = np.array([np.median(block) for block in logs])
        pairs = zip(logs, medians, strict=True)
        residuals = np.sort(np.concatenate([block - middle for block, middle in pairs]))
        left = [_variance_of_median(residuals, block.size - 1 + block.size % 2) for block in logs]
        variance = float(medians.var(ddof=1)) if len(logs) > 1 else None
        return cls(residuals, float(np.mean(left)), variance, len(logs))

    def of_median(self, rounds: int) -> float:
        """Return the variance of a median of so many rounds."""
        return _variance_of_median(self.residuals, rounds)


def _between(noises: Sequence[_Noise]) -> float:
    """Return the variance between processes, relative to the noise of the blocks so far.

    One ratio of few blocks tells little, so all ratios of the case do: the median of variance over
    noise, divided by what it is for pure noise (the median of chi-squared over its degrees).
    """
    least = _LEAST_BETWEEN / (1 - _LEAST_BETWEEN)
    known = [noise for noise in noises if noise.variance is not None]
    if not known:
        return least
    degrees = median(noise.blocks for noise in known) - 1
    by_chance = (1 - 2 / (9 * degrees)) ** 3  # Wilson and Hilferty (1931)
    excess = median((noise.variance or 0.0) / noise.of_block for noise in known) / by_chance
    return max(least, excess - 1)


def _is_enough(noises: Sequence[_Noise], rounds: int, precision: float) -> bool:
    """Return whether the rounds leave little noise in the first interval of most ratios."""
    t = distributions.t_quantile(_BLOCKS - 1, 0.05)
    left = sorted(math.sqrt(noise.of_median(rounds) / _BLOCKS) * t for noise in noises)
    return left[3 * (len(left) - 1) // 4] <= _ENOUGH * precision


def _variance_of_median(ordered: NDArray[np.float64], rounds: int) -> float:
    """Return the variance of the median of an odd number of draws from ordered values. Exact."""
    weights = _ranks_of_median(ordered.size, rounds)
    center = float(weights @ ordered)
    return float(weights @ (ordered - center) ** 2)


@cache
def _ranks_of_median(size: int, rounds: int) -> NDArray[np.float64]:
    """Return how probable each of so many ordered values is as the median of that many draws.

    The median is at most the value of rank j if most draws are: a binomial probability.
    """
    share = np.arange(size + 1) / size
    most = range(rounds // 2 + 1, rounds + 1)
    below = sum(math.comb(rounds, i) * share**i * (1 - share) ** (rounds - i) for i in most)
    return np.diff(below)
