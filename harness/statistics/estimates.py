"""Estimates with 95% confidence intervals. Pure, vectorised, seeded.

The replicate is the process: samples of one process are never treated as independent (Kalibera and
Jones, 2013). The interval of a cell is the percentile interval of a hierarchical bootstrap of the
median. The interval of a ratio is Student's, on logarithms of ratios inside blocks; of ten blocks
and more, without those at both ends.
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

MARGIN_PERCENT = 10  # two contestants count as tied if the larger is at most this much larger
MARGIN = 1 + MARGIN_PERCENT / 100
MIN_FOR_INTERVAL = 5  # processes; with fewer, resampling only repeats the data
RESAMPLES = 10_000
_TAIL_PERCENT = 2.5
# A slow phase can take most rounds of a block, on one side. So of ten blocks the outermost at each
# end are left out, of fourteen two. With fewer, this costs more than stray blocks do; leaving out
# more makes intervals too narrow where half of the processes are slower.
_BLOCKS_TO_TRIM = (10, 14)
_QUANTILES = 32  # values that represent the resampled medians of one process


@dataclass(frozen=True)
class Estimate:
    """A value with its 95% interval and the number of processes.

    `low` and `high` are None if there are too few processes for an interval.
    """

    value: float
    low: float | None
    high: float | None
    n: int

    @property
    def has_interval(self) -> bool:
        """Whether there were enough processes for an interval."""
        return self.low is not None


def resample_process_median(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the bootstrap distribution of one process's median as 32 quantiles, in order.

    Exact, without drawing. The median of n draws from n sorted values is the value at rank n * U,
    where U is the median of n uniform numbers and therefore Beta distributed (David and Nagaraja,
    2003, Order Statistics, section 2.1).
    """
    lower, upper = _middle_ranks(samples.size)
    ordered = np.sort(samples)
    return (ordered[lower] + ordered[upper]) / 2


@cache
def _middle_ranks(n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the ranks of the two values whose mean is the median, at each quantile.

    For an even n the two middle ranks move together, which is exact for two samples.
    """
    lower, upper = (
        [
            min(int(n * distributions.beta_quantile(k, n - k + 1, (i + 0.5) / _QUANTILES)), n - 1)
            for i in range(_QUANTILES)
        ]
        for k in ((n + 1) // 2, n // 2 + 1)
    )
    return np.array(lower), np.array(upper)


def estimate_median(
    values: Sequence[float], name: str, within: NDArray[np.float64] | None = None
) -> Estimate | None:
    """Estimate the median of `values`, one per process. Returns None for an empty sequence.

    `within` is the concatenation of `resample_process_median` of all processes; by default each
    process contributes its value only. The hierarchical bootstrap resamples processes, and the
    samples in each. `name` seeds the random numbers, so the same data give the same interval.
    """
    if not values:
        return None
    data = np.asarray(values, dtype=float)
    center = float(np.median(data))
    if data.size < MIN_FOR_INTERVAL:
        return Estimate(center, None, None, data.size)
    pool = np.sort(data if within is None else within)
    medians = _resample_medians(pool, data.size, name)
    low, high = np.percentile(medians, [_TAIL_PERCENT, 100 - _TAIL_PERCENT])
    return Estimate(center, float(low), float(high), data.size)


@dataclass(frozen=True)
class Ratio(Estimate):
    """A ratio of two contestants with the p-values of two hypotheses; None with too few blocks.

    `p` is two-sided, for "the ratio is 1". `p_apart` is for "the ratio is outside the margin", by
    two one-sided tests (TOST; Schuirmann, 1987): a small one shows that the two are tied.
    `error` is the standard error of the ratio's logarithm.
    """

    p: float | None = None
    p_apart: float | None = None
    error: float | None = None

    def inverse(self) -> Ratio:
        """Return b/a."""
        return Ratio(
            1 / self.value,
            None if self.high is None else 1 / self.high,
            None if self.low is None else 1 / self.low,
            self.n,
            self.p,
            self.p_apart,
            self.error,
        )

    @property
    def spread(self) -> float | None:
        """The relative half-width of the interval: 0.03 means known to within 3%."""
        if self.low is None or self.high is None:
            return None
        return math.sqrt(self.high / self.low) - 1


def paired_ratio(pairs: Sequence[tuple[float, float]], *, trims: bool = True) -> Ratio | None:
    """Estimate a/b from pairs (a, b), one pair per block. Returns None without pairs.

    Both values of a pair come from one block, so slow drift of the machine cancels. The estimate is
    the trimmed mean of the logarithms, and the interval that of Tukey and McLaughlin (1963): one
    block in which the machine was slow for one side only must not decide. Of fewer than ten blocks,
    or if it `trims` none, it is the geometric mean with Student's interval. Either way a/b and b/a
    give consistent results. tests/support/rival_methods.py has the rejected alternatives. Returns
    None if any value is not positive (a cost relative to an ideal that early timers can undercut):
    dropping such blocks would drop the fastest ones.
    """
    if not pairs or any(a <= 0 or b <= 0 for a, b in pairs):
        return None
    logs = np.sort(np.log([a / b for a, b in pairs]))
    n = logs.size
    cut = sum(n >= blocks for blocks in _BLOCKS_TO_TRIM) if trims else 0
    kept = logs[cut : n - cut]
    mean = float(kept.mean())
    if n < MIN_FOR_INTERVAL:
        return Ratio(math.exp(mean), None, None, n)
    winsorized = np.clip(logs, kept[0], kept[-1])
    error = float(winsorized.std(ddof=1)) * math.sqrt(n) / kept.size
    if error == 0:
        return _exact_ratio(mean, n)
    # One degree of freedom less for each block left out at an end than Tukey and McLaughlin have:
    # with theirs, p-values of 0.1% come up 1.4 times as often, in simulation, and Holm needs them.
    return _student_ratio(mean, error, kept.size - 1 - cut, n)


def unpaired_ratio(numerators: Sequence[float], denominators: Sequence[float]) -> Ratio | None:
    """Estimate a/b of two groups without common blocks, one value per process.

    Welch's interval on logarithms (Welch, 1947) allows for different variances. Drift between the
    groups does not cancel, so callers also compare with the noise floor. Returns None if a group is
    empty or has a value that is not positive.
    """
    if not numerators or not denominators or min(*numerators, *denominators) <= 0:
        return None
    a, b = np.log(numerators), np.log(denominators)
    mean, n = float(a.mean() - b.mean()), min(a.size, b.size)
    if n < MIN_FOR_INTERVAL:
        return Ratio(math.exp(mean), None, None, n)
    variances = [float(group.var(ddof=1)) / group.size for group in (a, b)]
    error = math.sqrt(sum(variances))
    if error == 0:
        return _exact_ratio(mean, n)
    degrees = sum(variances) ** 2 / sum(
        variance**2 / (group.size - 1) for variance, group in zip(variances, (a, b), strict=True)
    )
    return _student_ratio(mean, error, degrees, n)


def _student_ratio(mean: float, error: float, degrees: float, n: int) -> Ratio:
    half_width = distributions.t_quantile(degrees, 2 * _TAIL_PERCENT / 100) * error
    p = distributions.t_two_sided(degrees, mean / error)
    # The test at the nearer end of the margin has the larger p-value of the two.
    p_apart = distributions.t_above(degrees, (math.log(MARGIN) - abs(mean)) / error)
    low, high = math.exp(mean - half_width), math.exp(mean + half_width)
    return Ratio(math.exp(mean), low, high, n, p, p_apart, error)


def _exact_ratio(mean: float, n: int) -> Ratio:
    """Return the ratio if its logarithm is the same in every block."""
    value = math.exp(mean)
    p_apart = float(abs(mean) >= math.log(MARGIN))
    return Ratio(value, value, value, n, float(mean == 0), p_apart, 0.0)


def adjust_holm(ps: Sequence[float]) -> list[float]:
    """Adjust p-values for multiple comparisons (Holm, 1979), in the order given.

    Of twenty comparisons of equal contestants, one falls below 5% by chance. Of twenty families of
    adjusted comparisons, one contains any false difference.
    """
    order = sorted(range(len(ps)), key=ps.__getitem__)
    adjusted = [0.0] * len(ps)
    largest = 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(ps) - rank) * ps[index]))
        adjusted[index] = largest
    return adjusted


def _resample_medians(pool: NDArray[np.float64], n: int, name: str) -> NDArray[np.float64]:
    """Return 10,000 bootstrap medians of n processes from the sorted pool, shape (10000,).

    Draws one random number per median instead of n: the median of n uniform numbers is drawn
    directly and gives the rank of the bootstrap median in the pool. test_estimates.py compares this
    with drawing n times.
    """
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])
    rng = np.random.default_rng(seed)
    k = (n + 1) // 2
    lower = rng.beta(k, n - k + 1, RESAMPLES)
    upper = lower
    if n % 2 == 0:  # the upper middle value is the minimum of the n - k values above `lower`
        upper = lower + (1 - lower) * rng.beta(1, n - k, RESAMPLES)
    ranks = [np.minimum((pool.size * u).astype(np.int64), pool.size - 1) for u in (lower, upper)]
    return (pool[ranks[0]] + pool[ranks[1]]) / 2
