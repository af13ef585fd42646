"""Latency histograms: decode, merge, and compute percentiles. Pure.

An HdrHistogram keeps three significant digits of every latency up to two minutes, including the
worst ones. Histograms of many processes can be merged without loss.
"""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hdrh.histogram import HdrHistogram

MIN_NS, MAX_NS, DIGITS = 1, 120_000_000_000, 3
_LARGEST = 2**23  # bytes of a histogram that is not compressed; ours have less than a tenth
_HEADER = 8  # bytes before what is compressed
_CURVE_FRACTIONS = (
    *(0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975),
    *(0.99, 0.995, 0.9975, 0.999, 0.9995, 0.9999, 0.99999),
)
PERCENTILES = {"p50_ns": 50.0, "p90_ns": 90.0, "p99_ns": 99.0, "p999_ns": 99.9}


def decode(text: str) -> HdrHistogram:
    """Decode a histogram (V2, compressed, base64). Raises ValueError for any other text."""
    from hdrh.histogram import HdrHistogram  # slow to import; only runs with latencies need it

    try:
        _check_size(text)
        histogram = HdrHistogram.decode(text)
    except Exception as error:  # noqa: BLE001 - from the library, zlib, binascii or ctypes
        raise ValueError(f"not an HdrHistogram: {error}") from None
    if histogram.significant_figures != DIGITS:
        raise ValueError(
            f"not an HdrHistogram with {DIGITS} significant digits:"
            f" it has {histogram.significant_figures}"
        )
    return histogram


def _check_size(text: str) -> None:
    """Raise ValueError if a small text would become huge: it may come from anybody."""
    compressed = base64.b64decode(text)[_HEADER:]
    if len(zlib.decompressobj().decompress(compressed, _LARGEST + 1)) > _LARGEST:
        raise ValueError(f"found more than {_LARGEST >> 20} MiB of counts")


def find_decode_error(texts: Iterable[str]) -> str:
    """Return the error of the first text that cannot be decoded, or an empty text."""
    for text in texts:
        try:
            decode(text)
        except ValueError as error:
            return str(error)
    return ""


def merge(texts: Iterable[str]) -> HdrHistogram:
    """Merge encoded histograms into one, even if their ranges differ."""
    total = None
    for text in texts:
        total = merge_into(total, decode(text))
    return _create_empty(MAX_NS) if total is None else total


def merge_texts(texts: Sequence[str]) -> str:
    """Merge encoded histograms into one encoded histogram; empty without any."""
    if len(texts) <= 1:
        return "".join(texts)
    encoded: bytes = merge(texts).encode()
    return encoded.decode("ascii")


def merge_into(total: HdrHistogram | None, histogram: HdrHistogram) -> HdrHistogram:
    """Return `total` with the latencies of `histogram` added; `total` is None at the start."""
    max_ns = histogram.highest_trackable_value
    if total is None or max_ns > total.highest_trackable_value:
        wider = _create_empty(max(MAX_NS, max_ns))
        if total is not None:
            wider.add(total)
        total = wider
    total.add(histogram)
    return total


def _create_empty(max_ns: int) -> HdrHistogram:
    from hdrh.histogram import HdrHistogram

    return HdrHistogram(MIN_NS, max_ns, DIGITS)


def percentile_curve(
    histogram: HdrHistogram, least_beyond: int = 1
) -> tuple[tuple[float, float], ...]:
    """Return points (fraction of the latencies, upper bound in ns), minimum to maximum.

    A point is left out if fewer than `least_beyond` latencies lie beyond it.
    """
    count = histogram.get_total_count()
    if not count:
        return ()
    fractions = [f for f in _CURVE_FRACTIONS if round((1 - f) * count, 6) >= least_beyond]
    if not fractions:
        return ()
    values = percentile_values(histogram, [100 * fraction for fraction in fractions])
    return (*zip(fractions, values, strict=True), (1.0, float(histogram.get_max_value())))


def percentiles(histogram: HdrHistogram) -> dict[str, float]:
    """Return the usual percentiles and the maximum in ns; empty for an empty histogram."""
    if not histogram.get_total_count():
        return {}
    values = percentile_values(histogram, list(PERCENTILES.values()))
    return dict(zip(PERCENTILES, values, strict=True)) | {
        "worst_ns": float(histogram.get_max_value())
    }


def percentile_values(histogram: HdrHistogram, percents: Sequence[float]) -> list[float]:
    """Return the latency at each percentile, in ns.

    Same results as `get_value_at_percentile`, which counts in Python and takes 10 ms per value:
    for a run with servers, that was nearly a second of the analysis.
    """
    cumulative = np.cumsum(np.ctypeslib.as_array(histogram.counts), dtype=np.int64)
    values = []
    for percent in percents:
        target = histogram.get_target_count_at_percentile(percent)
        index = int(np.searchsorted(cumulative, target))
        if index == cumulative.size:  # the counts do not add up to the total that was sent
            values.append(0.0)
            continue
        value = histogram.get_value_from_index(index)
        if percent:  # the upper end of the bucket; for 0%, the lower end
            value = histogram.get_highest_equivalent_value(value)
        values.append(float(value))
    return values
