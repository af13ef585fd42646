"""Distributions as a runner sends them."""

from __future__ import annotations

from hdrh.histogram import HdrHistogram


def encoded(*values: int) -> str:
    """Return values in nanoseconds as a runner that counts whole microseconds sends them."""
    histogram = HdrHistogram(1_000, 120 * 10**9, 3)
    for value in values:
        histogram.record_value(value)
    return histogram.encode().decode()
