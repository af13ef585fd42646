"""Estimates with intervals, from numbers alone. Pure, vectorised, seeded.

The replicate is the process: samples inside one are never treated as independent (Kalibera and
Jones, 2013). All intervals are of 95%: a cell's is the percentile interval of a hierarchical
bootstrap of the median; a ratio's is Student's, on logarithms inside blocks.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from harness.statistics import distributions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LEAST_FOR_INTERVAL = 5  # with fewer, resampling can only repeat what is there
RESAMPLES = 10_000
_TAIL_PERCENT = 2.5
_WITHIN = 32  # values that stand for the resampled medians of one process


@dataclass(frozen=True)
class Estimate:
    """A value with its 95% interval and the number of processes behind it.

    `low` and `high` are None where there are too few for an interval: unknown is not zero width.
    """

    value: float
    low: float | None
    high: float | None
    n: int

    @property
    def has_interval(self) -> bool:
        """Whether there were enough processes for an interval."""
        return self.low is not None


def resampled_within(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what the median of one process would be, were its samples drawn again.

    32 values that are equally likely, in order: the quantiles of that distribution, exactly and
    without drawing. The median of n draws from n sorted values is the value at rank n * U, where U
    is the middle one of n uniform numbers, and so is Beta distributed (David and Nagaraja, 2003,
    Order Statistics, section 2.1).
    """
    lower, upper = _middle_ranks(samples.size)
    ordered = np.sort(samples)
    return (ordered[lower] + ordered[upper]) / 2


@cache
def _middle_ranks(n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the ranks of the two values that the median is the mean of, at each quantile.

    Of an even number the two middle ones move together, which for two samples is exact.
    """
    lower, upper = (
        [
            min(int(n * distributions.beta_quantile(k, n - k + 1, (i + 0.5) / _WITHIN)), n - 1)
            for i in range(_WITHIN)
        ]
        for k in ((n + 1) // 2, n // 2 + 1)
    )
    return np.array(lower), np.array(upper)


def estimate(
    values: Sequence[float], name: str, within: NDArray[np.float64] | None = None
) -> Estimate | None:
    """Estimate the median of `values`, one a process. None when there are none.

    `within` holds what `resampled_within` gives of each process, in one array; without it, a
    process is its value. The interval is the hierarchical bootstrap's: processes are drawn again,
    and in each its samples. `name` seeds the drawing, so that the same data give the same interval
    everywhere.
    """
    if not values:
        return None
    data = np.asarray(values, dtype=float)
    middle = float(np.median(data))
    if data.size < LEAST_FOR_INTERVAL:
        return Estimate(middle, None, None, data.size)
    pool = np.sort(data if within is None else within)
    medians = _resampled_medians(pool, data.size, name)
    low, high = np.percentile(medians, [_TAIL_PERCENT, 100 - _TAIL_PERCENT])
    return Estimate(middle, float(low), float(high), data.size)


@dataclass(frozen=True)
class Ratio(Estimate):
    """A ratio of two contestants, and how surprising it would be if they were the same.

    `p` is the two-sided probability of a ratio at least this far from 1 among equals; None where
    there are too few blocks.
    """

    p: float | None = None

    def inverse(self) -> Ratio:
        """Return the ratio the other way round."""
        return Ratio(
            1 / self.value,
            None if self.high is None else 1 / self.high,
            None if self.low is None else 1 / self.low,
            self.n,
            self.p,
        )

    @property
    def spread(self) -> float | None:
        """Half the width of the interval, relative: 0.03 means known to within 3%."""
        if self.low is None or self.high is None:
            return None
        return math.sqrt(self.high / self.low) - 1


def ratio(pairs: Sequence[tuple[float, float]]) -> Ratio | None:
    """Estimate a/b over (a, b), one pair a block. None when there is no pair.

    Both halves of a pair were measured in one block, so slow drift of the machine cancels. The
    estimate is the geometric mean, with Student's t interval on the logarithms: a/b and b/a are
    judged alike. docs/methodology.md says what lost against it, and
    tests/unit/statistics/test_interval_coverage.py chooses among them anew. Where a
    value is not positive (a cost beyond an ideal that the timers undercut) there is no ratio: to
    leave out such blocks would leave out the fastest ones.
    """
    if not pairs or any(a <= 0 or b <= 0 for a, b in pairs):
        return None
    logs = np.log([a / b for a, b in pairs])
    n, middle = logs.size, float(logs.mean())
    if n < LEAST_FOR_INTERVAL:
        return Ratio(math.exp(middle), None, None, n)
    error = float(logs.std(ddof=1)) / math.sqrt(n)
    if error == 0:
        return Ratio(math.exp(middle), math.exp(middle), math.exp(middle), n, float(middle == 0))
    return _student(middle, error, n - 1, n)


def ratio_of_groups(these: Sequence[float], those: Sequence[float]) -> Ratio | None:
    """Estimate a/b of groups that share no blocks, one value a process; None if one is empty.

    Welch's interval on logarithms (Welch, 1947): the groups may vary differently. Drift between
    the two is not cancelled, so whoever calls this compares with the noise floor too.
    """
    if not these or not those or min(*these, *those) <= 0:
        return None
    a, b = np.log(these), np.log(those)
    middle, n = float(a.mean() - b.mean()), min(a.size, b.size)
    if n < LEAST_FOR_INTERVAL:
        return Ratio(math.exp(middle), None, None, n)
    parts = [float(one.var(ddof=1)) / one.size for one in (a, b)]
    error = math.sqrt(sum(parts))
    if error == 0:
        return Ratio(math.exp(middle), math.exp(middle), math.exp(middle), n, float(middle == 0))
    freedom = sum(parts) ** 2 / sum(
        part**2 / (one.size - 1) for part, one in zip(parts, (a, b), strict=True)
    )
    return _student(middle, error, freedom, n)


def _student(middle: float, error: float, freedom: float, n: int) -> Ratio:
    half = distributions.t_quantile(freedom, 2 * _TAIL_PERCENT / 100) * error
    p = distributions.t_two_sided(freedom, middle / error)
    return Ratio(math.exp(middle), math.exp(middle - half), math.exp(middle + half), n, p)


def holm(ps: Sequence[float]) -> list[float]:
    """Adjust probabilities for their number (Holm, 1979), in the order given.

    Of twenty comparisons of equals one falls below 5% by chance; of the adjusted ones, one family
    in twenty holds any that does.
    """
    order = sorted(range(len(ps)), key=ps.__getitem__)
    adjusted = [0.0] * len(ps)
    least = 0.0
    for rank, index in enumerate(order):
        least = max(least, min(1.0, (len(ps) - rank) * ps[index]))
        adjusted[index] = least
    return adjusted


def _resampled_medians(pool: NDArray[np.float64], n: int, name: str) -> NDArray[np.float64]:
    """Return 10,000 medians of n processes that are drawn again, from all that each could be.

    One draw gives a median, not n: the middle of n uniform numbers is drawn itself, and says which
    rank of the sorted pool the median has. tests/unit/statistics/test_estimates.py compares that
    with drawing n times.
    """
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])
    draw = np.random.default_rng(seed)
    k = (n + 1) // 2
    lower = draw.beta(k, n - k + 1, RESAMPLES)
    upper = lower
    if n % 2 == 0:  # the next one is the least of those above
        upper = lower + (1 - lower) * draw.beta(1, n - k, RESAMPLES)
    ranks = [np.minimum((pool.size * u).astype(np.int64), pool.size - 1) for u in (lower, upper)]
    return (pool[ranks[0]] + pool[ranks[1]]) / 2
