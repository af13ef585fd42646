"""Estimates with intervals, from numbers alone. Pure, vectorised, seeded.

The replicate is the process: one number a trial goes in, never one a sample (Kalibera and Jones,
2013). Intervals are percentile bootstrap intervals of the median, 95%.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LEAST_FOR_INTERVAL = 5  # with fewer, resampling can only repeat what is there
RESAMPLES = 10_000
_TAIL_PERCENT = 2.5


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


def estimate(values: Sequence[float], name: str) -> Estimate | None:
    """Estimate the median of `values`, one a process. None when there are none.

    `name` seeds the resampling, so that the same data give the same interval everywhere.
    """
    if not values:
        return None
    data = np.asarray(values, dtype=float)
    middle = float(np.median(data))
    if data.size < LEAST_FOR_INTERVAL:
        return Estimate(middle, None, None, data.size)
    medians = _resampled_medians(data, name)
    low, high = np.percentile(medians, [_TAIL_PERCENT, 100 - _TAIL_PERCENT])
    return Estimate(middle, float(low), float(high), data.size)


def ratio(pairs: Sequence[tuple[float, float]], name: str) -> Estimate | None:
    """Estimate the median of a/b over (a, b), one pair a block. None when there is no pair.

    Both halves of a pair were measured in one block, so slow drift of the machine cancels. The
    median is taken of logarithms, so that a/b and b/a are judged alike. Where a value is not
    positive (a cost beyond an ideal that the timers undercut) there is no ratio: to leave out such
    blocks would leave out the fastest ones.
    """
    if any(a <= 0 or b <= 0 for a, b in pairs):
        return None
    logs = [np.log(a / b) for a, b in pairs]
    found = estimate([float(one) for one in logs], name)
    if found is None:
        return None
    return Estimate(
        value=float(np.exp(found.value)),
        low=None if found.low is None else float(np.exp(found.low)),
        high=None if found.high is None else float(np.exp(found.high)),
        n=found.n,
    )


def _resampled_medians(data: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])
    picks = np.random.default_rng(seed).integers(0, data.size, size=(RESAMPLES, data.size))
    return np.median(data[picks], axis=1)
