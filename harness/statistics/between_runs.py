"""The ratio of two groups of runs, where runs differ by more than their processes. Pure.

Processes of one run have conditions in common: the machine's hour, its memory layout, a mode that
lasts for the whole run. So the replicate is the run. Its value is the mean of log values over its
processes, and the variance of that value is estimated from the runs of each side.

Few runs say little about that variance, and one run a side says nothing. It is therefore moderated
by a variance that was measured before, with unchanged code: both are averaged, each weighted by its
degrees of freedom (Smyth, 2004, Linear models and empirical Bayes methods, section 3).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from harness.statistics import distributions
from harness.statistics.estimates import MIN_FOR_INTERVAL, Ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_TWO_SIDED = 0.05


class BetweenRuns(NamedTuple):
    """How runs of unchanged code differ: the standard deviation of a cell's log value."""

    deviation: float  # 0.05: about 5%
    degrees: float  # how alike cells are in that: few where some vary much more than others


# Chosen by false verdicts on unchanged code: 1.07x, 1.16x and 0.79x are one to three of the
# deviations of a ratio that follow. `python -m tests.bench compare-runs` measures both numbers.
DEFAULT = BetweenRuns(deviation=0.05, degrees=4.0)


def ratio_of_runs(
    numerators: Sequence[Sequence[float]],
    denominators: Sequence[Sequence[float]],
    between: BetweenRuns = DEFAULT,
) -> Ratio | None:
    """Estimate a/b from two groups of runs; each run has one value per process.

    Returns None if a group has no run, or a run no value or one that is not positive. The ratio has
    no interval if a run has fewer than five processes. `n` is that of the smallest run.
    """
    runs = [*numerators, *denominators]
    if not numerators or not denominators or any(not run or min(run) <= 0 for run in runs):
        return None
    groups = [[np.log(run) for run in group] for group in (numerators, denominators)]
    means = [np.array([logs.mean() for logs in group]) for group in groups]
    difference = float(means[0].mean() - means[1].mean())
    smallest = min(map(len, runs))
    if smallest < MIN_FOR_INTERVAL:
        return Ratio(math.exp(difference), None, None, smallest)
    variance, degrees = _moderate(
        _pool(means), _expect([logs for group in groups for logs in group], between)
    )
    error = math.sqrt(variance * sum(1 / group.size for group in means))
    half_width = distributions.t_quantile(degrees, _TWO_SIDED) * error
    return Ratio(
        math.exp(difference),
        math.exp(difference - half_width),
        math.exp(difference + half_width),
        smallest,
        distributions.t_two_sided(degrees, difference / error),
    )


class _Variance(NamedTuple):
    """The variance of a run's value."""

    value: float
    degrees: float


def _pool(means: Sequence[NDArray[np.float64]]) -> _Variance:
    """Return the variance of the runs of each side around their own mean."""
    squares = sum(float(((group - group.mean()) ** 2).sum()) for group in means)
    degrees = sum(group.size - 1 for group in means)
    return _Variance(squares / degrees if degrees else 0.0, degrees)


def _expect(runs: Sequence[NDArray[np.float64]], between: BetweenRuns) -> _Variance:
    """Return the variance that is expected of runs of so many processes.

    It is the one between runs and the mean of the squared standard errors inside them; degrees of
    freedom by Satterthwaite (1946).
    """
    parts = [_Variance(between.deviation**2, between.degrees)]
    parts += [
        _Variance(float(logs.var(ddof=1)) / logs.size / len(runs), logs.size - 1) for logs in runs
    ]
    value = sum(part.value for part in parts)
    return _Variance(value, value**2 / sum(part.value**2 / part.degrees for part in parts))


def _moderate(observed: _Variance, expected: _Variance) -> _Variance:
    degrees = observed.degrees + expected.degrees
    weighted = observed.degrees * observed.value + expected.degrees * expected.value
    return _Variance(weighted / degrees, degrees)
