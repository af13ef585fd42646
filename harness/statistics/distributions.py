"""The two distributions that intervals need: Beta, and from it Student's t. Pure.

Written here and not taken from SciPy, whose import takes longer than a short trial: a run of a few
seconds would spend much of them on it. tests/unit/statistics/test_distributions.py compares them
with SciPy.
"""

from __future__ import annotations

import math
from functools import cache
from itertools import count

_CLOSE = 1e-15
_TINY = 1e-300  # in place of a zero that would be divided by
_HALVINGS = 200


def beta_cdf(a: float, b: float, x: float) -> float:
    """Return the probability that a Beta(a, b) number is at most x, by its continued fraction.

    NIST Digital Library of Mathematical Functions, 8.17.22; on the side where it converges fast.
    """
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_cdf(b, a, 1 - x)
    log_beta = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    front = math.exp(a * math.log(x) + b * math.log1p(-x) - log_beta) / a
    return front / _fraction(a, b, x)


def _fraction(a: float, b: float, x: float) -> float:
    """Return 1 + d1 / (1 + d2 / (1 + ...)), forwards by Lentz's method."""
    value = above = 1.0
    below = 0.0
    for term in count(1):
        m, is_odd = divmod(term, 2)
        if is_odd:
            d = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            d = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        below = 1 / ((1 + d * below) or _TINY)
        above = (1 + d / above) or _TINY
        value *= above * below
        if abs(above * below - 1) < _CLOSE:
            return value
    raise AssertionError("count has no end")


def beta_quantile(a: float, b: float, p: float) -> float:
    """Return the x below which a Beta(a, b) number is with probability p, by halving."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if beta_cdf(a, b, middle) < p:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def t_two_sided(freedom: float, t: float) -> float:
    """Return the probability that a Student's t is further from zero than `t`."""
    return beta_cdf(freedom / 2, 0.5, freedom / (freedom + t * t))


@cache
def t_quantile(freedom: float, two_sided: float) -> float:
    """Return the t that is exceeded, on either side, with that probability in all."""
    x = beta_quantile(freedom / 2, 0.5, two_sided)
    return math.sqrt(freedom * (1 / x - 1))
