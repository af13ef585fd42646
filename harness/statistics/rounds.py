"""How many rounds a block should have: enough to average out noise, few enough to be cheap. Pure.

Kalibera and Jones (2013, "Rigorous benchmarking in reasonable time"), for ratios inside rounds.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FIRST_ROUNDS = 3  # of the first block of a case, so that the first look comes soon
DEFAULT_ROUNDS = 10  # of a block, until enough blocks tell how noisy the case is
FEWEST_ROUNDS, MOST_ROUNDS = 8, 15  # one in four rounds is bad on a noisy machine
_MEDIAN_VARIANCE = math.pi / 2  # of a median of normal values, relative to that of their mean
_LEAST_BETWEEN = 0.5  # share of the variance of blocks; a few blocks cannot show that it is less
_NORMAL_QUARTILE = 0.6745  # of normal values, half are within this many standard deviations


def choose_rounds(
    ratios: Sequence[NDArray[np.float64]], start_cost: float, round_cost: float
) -> int:
    """Return the number of rounds that gives the narrowest interval for the same total cost.

    `ratios` are those inside the rounds of each earlier block, all positive; two blocks or more.
    `start_cost` is what a block costs besides its rounds, and `round_cost` what one round costs, in
    the same unit. With r rounds, a block costs start + r * round, and the variance of its logarithm
    is between + pi / 2 * within / r. The product of both is smallest at the root below.
    """
    logs = [np.log(block) for block in ratios]
    within = _MEDIAN_VARIANCE * _within_variance(logs)
    blocks = np.array([np.median(block) for block in logs])
    noise = within * float(np.mean([1 / block.size for block in logs]))
    variance = float(blocks.var(ddof=1))
    between = max(variance - noise, _LEAST_BETWEEN * variance)
    if between == 0 or round_cost <= 0:
        return DEFAULT_ROUNDS
    best = math.sqrt(max(0.0, start_cost) / round_cost * within / between)
    return min(MOST_ROUNDS, max(FEWEST_ROUNDS, round(best)))


def _within_variance(logs: Sequence[NDArray[np.float64]]) -> float:
    """Return the variance between rounds of one block, from differences of successive rounds.

    Their median ignores the rounds in which a slow phase of the machine met one side only.
    """
    steps = np.concatenate([np.abs(np.diff(block)) for block in logs])
    return (float(np.median(steps)) / _NORMAL_QUARTILE) ** 2 / 2 if steps.size else 0.0
