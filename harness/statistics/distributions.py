"""The Beta distribution and Student's t, which confidence intervals need. Pure.

Not taken from SciPy, because importing it takes longer than a short trial and would be a large part
of a run of a few seconds. tests/unit/statistics/test_distributions.py compares both with SciPy.
"""

from __future__ import annotations

import math
from functools import cache
from itertools import count

_TOLERANCE = 1e-15
_TINY = 1e-300  # replaces a zero divisor
_BISECTIONS = 200


def beta_cdf(a: float, b: float, x: float) -> float:
    """Return the probability that a Beta(a, b) variable is at most x, by a continued fraction.

    NIST Digital Library of Mathematical Functions, 8.17.22, on the side where it converges fast.
    """
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_cdf(b, a, 1 - x)
    log_beta = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    front = math.exp(a * math.log(x) + b * math.log1p(-x) - log_beta) / a
    return front / _continued_fraction(a, b, x)


def _continued_fraction(a: float, b: float, x: float) -> float:
    """Return 1 + d1 / (1 + d2 / (1 + ...)) by Lentz's method."""
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
        if abs(above * below - 1) < _TOLERANCE:
            return value
    raise AssertionError("unreachable: count() is infinite")


def beta_quantile(a: float, b: float, p: float) -> float:
    """Return the p-quantile of Beta(a, b), by bisection."""
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if beta_cdf(a, b, middle) < p:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def t_two_sided(degrees: float, t: float) -> float:
    """Return the two-sided p-value of `t` for that many degrees of freedom."""
    return beta_cdf(degrees / 2, 0.5, degrees / (degrees + t * t))


def t_above(degrees: float, t: float) -> float:
    """Return the probability that Student's t lies above `t`: a one-sided p-value."""
    half = t_two_sided(degrees, t) / 2
    return half if t > 0 else 1 - half


@cache
def t_quantile(degrees: float, two_sided: float) -> float:
    """Return the t whose two-sided p-value is `two_sided`."""
    x = beta_quantile(degrees / 2, 0.5, two_sided)
    return math.sqrt(degrees * (1 / x - 1))
