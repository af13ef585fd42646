"""Intervals over blocks that were rejected, for comparison with the chosen one.

Each takes logarithms of the ratios of blocks, shape (runs, blocks), and returns the ends of the 95%
intervals of each run, shape (runs,). docs/methodology.md says why each was rejected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special, stats

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Logs = NDArray[np.float64]
    Ends = tuple[Logs, Logs]

RESAMPLES = 999
_TAILS = np.array([0.025, 0.975])
_TRIMMED = 0.2  # at each end


def percentile_of_the_mean(logs: Logs) -> Ends:
    """Percentile bootstrap of the mean."""
    return _percentiles(_resampled(logs).mean(axis=-1))


def percentile_of_the_median(logs: Logs) -> Ends:
    """Percentile bootstrap of the median."""
    return _percentiles(np.median(_resampled(logs), axis=-1))


def bca(logs: Logs) -> Ends:
    """Bias-corrected and accelerated bootstrap of the mean (Efron, 1987)."""
    means = np.sort(_resampled(logs).mean(axis=-1), axis=-1)
    center = logs.mean(axis=-1, keepdims=True)
    below = (means < center).mean(axis=-1)
    bias = special.ndtri(np.clip(below, 1 / RESAMPLES, 1 - 1 / RESAMPLES))
    skew = logs - center  # what leaving one block out takes away, up to a factor
    acceleration = (skew**3).sum(axis=-1) / (6 * (skew**2).sum(axis=-1) ** 1.5)
    ends = []
    for tail in _TAILS:
        z = bias + special.ndtri(tail)
        place = special.ndtr(bias + z / (1 - acceleration * z))
        rank = np.clip(place * RESAMPLES, 0, RESAMPLES - 1).astype(int)
        ends.append(np.take_along_axis(means, rank[:, None], axis=-1)[:, 0])
    return ends[0], ends[1]


def bootstrap_t(logs: Logs) -> Ends:
    """Bootstrap of the t statistic (Efron, 1979)."""
    drawn = _resampled(logs)
    center, error = logs.mean(axis=-1), _error(logs)
    errors = np.maximum(_error(drawn), 1e-12)  # a draw can repeat one block
    t = (drawn.mean(axis=-1) - center[:, None]) / errors
    low, high = np.quantile(t, _TAILS, axis=-1)
    return center - high * error, center - low * error


def signed_rank(logs: Logs) -> Ends:
    """Walsh averages that the signed-rank test does not reject (Hodges and Lehmann, 1963)."""
    count = logs.shape[-1]
    averages = np.sort(_walsh(logs), axis=-1)
    cut = _signed_rank_cut(count)
    return averages[:, cut], averages[:, -1 - cut]


def trimmed_t(logs: Logs) -> Ends:
    """t of the mean without the fifth at each end (Tukey and McLaughlin, 1963)."""
    count = logs.shape[-1]
    cut = int(_TRIMMED * count)
    ordered = np.sort(logs, axis=-1)
    kept = count - 2 * cut
    center = ordered[:, cut : count - cut].mean(axis=-1)
    winsorised = np.clip(ordered, ordered[:, [cut]], ordered[:, [count - 1 - cut]])
    error = winsorised.std(axis=-1, ddof=1) / ((1 - 2 * _TRIMMED) * np.sqrt(count))
    half = stats.t.ppf(_TAILS[1], kept - 1) * error
    return center - half, center + half


RIVALS: dict[str, Callable[[Logs], Ends]] = {
    "percentile bootstrap of the mean": percentile_of_the_mean,
    "BCa bootstrap": bca,
    "bootstrap-t": bootstrap_t,
    "percentile bootstrap of the median": percentile_of_the_median,
    "signed-rank interval": signed_rank,
    "t of a trimmed mean": trimmed_t,
}


def _resampled(logs: Logs) -> Logs:
    """Return blocks drawn with replacement: runs x resamples x blocks."""
    count = logs.shape[-1]
    picks = np.random.default_rng(1).integers(0, count, (RESAMPLES, count))
    return logs[:, picks]


def _percentiles(values: Logs) -> Ends:
    low, high = np.quantile(values, _TAILS, axis=-1)
    return low, high


def _error(logs: Logs) -> Logs:
    return logs.std(axis=-1, ddof=1) / np.sqrt(logs.shape[-1])


def _walsh(logs: Logs) -> Logs:
    these, those = np.triu_indices(logs.shape[-1])
    return (logs[:, these] + logs[:, those]) / 2


def _signed_rank_cut(count: int) -> int:
    """Return how many Walsh averages lie outside the interval on each side."""
    ways = np.ones(1)  # how many sets of ranks have each sum
    for rank in range(1, count + 1):
        ways = np.convolve(ways, [1.0, *[0.0] * (rank - 1), 1.0])
    below = np.cumsum(ways) / ways.sum()
    return max(0, int(np.searchsorted(below, _TAILS[0], side="right")))
