"""Distributions of single waits, as HdrHistograms: read, added up, and asked for percentiles. Pure.

A histogram keeps three significant digits of every wait up to two minutes, so the worst ones are
there as well, and those of many processes can be added without loss.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hdrh.histogram import HdrHistogram

# The load generator counts from 1 ns; what counts from 1 µs, as runners do, is added without loss.
LEAST_NS, MOST_NS, DIGITS = 1, 120_000_000_000, 3
PERCENTILES = {"p50_ns": 50.0, "p90_ns": 90.0, "p99_ns": 99.0, "p999_ns": 99.9}


def decoded(text: str) -> HdrHistogram:
    """Read the text of one (V2, compressed, base64). Raises ValueError for what is none."""
    from hdrh.histogram import HdrHistogram  # only runs with waits in them need it

    try:
        histogram = HdrHistogram.decode(text)
    except Exception as error:  # noqa: BLE001 - the library's own, zlib's, binascii's, ctypes'
        raise ValueError(f"not an HdrHistogram: {error}") from None
    if histogram.significant_figures != DIGITS:
        raise ValueError(
            f"not an HdrHistogram of {DIGITS} significant digits,"
            f" but of {histogram.significant_figures}"
        )
    return histogram


def fault(texts: Iterable[str]) -> str:
    """Return what is wrong with the first of these that cannot be read; empty: nothing."""
    for text in texts:
        try:
            decoded(text)
        except ValueError as error:
            return str(error)
    return ""


def added(texts: Iterable[str]) -> HdrHistogram:
    """Return one histogram of all the waits in these."""
    from hdrh.histogram import HdrHistogram

    total = HdrHistogram(LEAST_NS, MOST_NS, DIGITS)
    for text in texts:
        total.add(decoded(text))
    return total


def percentiles(histogram: HdrHistogram) -> dict[str, float]:
    """Return the usual percentiles and the worst wait, in ns; nothing of an empty one."""
    if not histogram.get_total_count():
        return {}
    told = {name: float(histogram.get_value_at_percentile(p)) for name, p in PERCENTILES.items()}
    return told | {"worst_ns": float(histogram.get_max_value())}
