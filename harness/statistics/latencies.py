"""What the latencies of servers can show: which percentiles, and how late the client was. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.results import histograms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hdrh.histogram import HdrHistogram

LEAST_BEYOND = 20  # latencies beyond a percentile that is shown: p99 needs 2,000 requests
_MOST_LATE = 0.2  # of a latency: lateness of the load generator without a warning
_SENT_LATE = (
    "in the median or at p99, the load generator sent late by more than a fifth of the latency,"
    " which counts from sending"
)


def requests_needed(percentiles: Iterable[str]) -> int:
    """Return how many requests must be behind percentiles (`p99_ns`) before they are shown."""
    return max((_needed(name) for name in percentiles if name in histograms.PERCENTILES), default=0)


def _needed(percentile: str) -> int:
    return round(LEAST_BEYOND / (1 - histograms.PERCENTILES[percentile] / 100))


def describe_lateness(late: HdrHistogram | None, latency: HdrHistogram | None) -> str:
    """Return a warning if the load generator sent too late for these latencies, or an empty text.

    Where the connection was free, latency counts from sending: the lateness is not part of it.
    """
    if late is None or latency is None:
        return ""
    of_client, of_all = histograms.percentiles(late), histograms.percentiles(latency)
    is_late = any(
        late.get_total_count() >= _needed(key) and of_client[key] > _MOST_LATE * of_all[key]
        for key in ("p50_ns", "p99_ns")
    )
    return _SENT_LATE if is_late else ""
