"""A ratio that was measured on several equal machines. Pure.

Equal machines still differ, so the blocks of one machine are not independent. The replicate is the
machine: its value is the mean logarithm of the ratios of its blocks. The interval is Student's on
these values, and so is the prediction interval of what one more machine measures. Both take in what
machines differ by and the noise of blocks, without an estimate of either.

Rejected: random effects by DerSimonian and Laird (1986) with the interval of Hartung and Knapp
(2001). It weights machines by variances that few blocks tell badly. `python -m tests.bench
fleet-coverage` compares both: where machines do not differ, its 95% interval holds in 90 to 94%.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from harness.statistics import distributions

if TYPE_CHECKING:
    from collections.abc import Sequence

MIN_HOSTS = 5  # with fewer, machines stand side by side
_TWO_SIDED = 0.05


class Pooled(NamedTuple):
    """A ratio over equal machines, with two 95% intervals."""

    value: float  # geometric mean over machines
    low: float  # of that mean
    high: float
    next_low: float  # of what one more machine of this kind would measure
    next_high: float
    hosts: int


def pool_hosts(ratios: Sequence[float]) -> Pooled | None:
    """Pool the ratios of equal machines, one a machine, each above 0.

    Returns None with fewer than five.
    """
    count = len(ratios)
    if count < MIN_HOSTS:
        return None
    logs = np.log(ratios)
    mean, deviation = float(logs.mean()), float(logs.std(ddof=1))
    t = distributions.t_quantile(count - 1, _TWO_SIDED)
    half = t * deviation / math.sqrt(count)
    next_half = t * deviation * math.sqrt(1 + 1 / count)
    return Pooled(
        math.exp(mean),
        math.exp(mean - half),
        math.exp(mean + half),
        math.exp(mean - next_half),
        math.exp(mean + next_half),
        count,
    )
