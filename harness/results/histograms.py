"""Distributions of single waits, as HdrHistograms: read, added up, and asked for percentiles. Pure.

A histogram keeps three significant digits of every wait up to two minutes, so the worst ones are
there as well, and those of many processes can be added without loss.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hdrh.histogram import HdrHistogram

MIN_NS, MAX_NS, DIGITS = 1, 120_000_000_000, 3
_SHARES = (
    *(0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975),
    *(0.99, 0.995, 0.9975, 0.999, 0.9995, 0.9999, 0.99999),
)
_LEAST_BEYOND = 1  # wait, for a share of the tail to be other than the worst
PERCENTILES = {"p50_ns": 50.0, "p90_ns": 90.0, "p99_ns": 99.0, "p999_ns": 99.9}


def decode(text: str) -> HdrHistogram:
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


def find_decode_error(texts: Iterable[str]) -> str:
    """Return what is wrong with the first of these that cannot be read; empty: nothing."""
    for text in texts:
        try:
            decode(text)
        except ValueError as error:
            return str(error)
    return ""


def merge(texts: Iterable[str]) -> HdrHistogram:
    """Return one histogram of all the waits in these, also where they count in other steps."""
    total = None
    for text in texts:
        total = merge_into(total, decode(text))
    return _empty(MAX_NS) if total is None else total


def merge_into(total: HdrHistogram | None, one: HdrHistogram) -> HdrHistogram:
    """Return a histogram with the waits of one more, which may be the first."""
    most = one.highest_trackable_value
    if total is None or most > total.highest_trackable_value:
        wider = _empty(max(MAX_NS, most))
        if total is not None:
            wider.add(total)
        total = wider
    total.add(one)
    return total


def _empty(most_ns: int) -> HdrHistogram:
    from hdrh.histogram import HdrHistogram

    return HdrHistogram(MIN_NS, most_ns, DIGITS)


def percentile_curve(histogram: HdrHistogram) -> tuple[tuple[float, float], ...]:
    """Return (share of the waits, ns that they last at most) from the shortest to the worst.

    As far into the tail as there is a wait beyond a point, and then the worst.
    """
    count = histogram.get_total_count()
    if not count:
        return ()
    shares = [share for share in _SHARES if round((1 - share) * count, 6) >= _LEAST_BEYOND]
    values = percentile_values(histogram, [100 * one for one in shares])
    return (*zip(shares, values, strict=True), (1.0, float(histogram.get_max_value())))


def percentiles(histogram: HdrHistogram) -> dict[str, float]:
    """Return the usual percentiles and the worst wait, in ns; nothing of an empty one."""
    if not histogram.get_total_count():
        return {}
    told = dict(
        zip(PERCENTILES, percentile_values(histogram, list(PERCENTILES.values())), strict=True)
    )
    return told | {"worst_ns": float(histogram.get_max_value())}


def percentile_values(histogram: HdrHistogram, percents: Sequence[float]) -> list[float]:
    """Return what so many percent of the waits last at most.

    As `get_value_at_percentile` does, which counts in Python, 10 ms for each: of a run with
    servers that was all but a second of the analysis.
    """
    upto = np.cumsum(np.ctypeslib.as_array(histogram.counts), dtype=np.int64)
    values = []
    for percent in percents:
        index = int(np.searchsorted(upto, histogram.get_target_count_at_percentile(percent)))
        if index == upto.size:  # what was sent counts otherwise than it says
            values.append(0.0)
            continue
        value = histogram.get_value_from_index(index)
        if percent:  # the end of its step; of 0 percent, the beginning
            value = histogram.get_highest_equivalent_value(value)
        values.append(float(value))
    return values
