"""harness.statistics.latencies: what the latencies of a server can show."""

from __future__ import annotations

import pytest
from hdrh.histogram import HdrHistogram

from harness.statistics.latencies import describe_lateness, requests_needed


@pytest.mark.parametrize(
    ("names", "needed"),
    [
        ({"p50_ns"}, 40),
        ({"p99_ns", "connections"}, 2_000),
        ({"p50_ns", "p999_ns"}, 20_000),
        ({"elapsed_ns"}, 0),
    ],
)
def test_a_percentile_needs_twenty_requests_beyond_it(names: set[str], needed: int) -> None:
    assert requests_needed(names) == needed


def of(*parts: tuple[int, int]) -> HdrHistogram:
    """Return a histogram of (value in µs, how often)."""
    histogram = HdrHistogram(1, 120_000_000_000, 3)
    for micro, count in parts:
        histogram.record_value(micro * 1_000, count)
    return histogram


LATE = (
    "in the median or at p99, the load generator sent late by more than a fifth of the latency,"
    " which counts from sending"
)
LATENCY = of((100, 2_900), (400, 100))


@pytest.mark.parametrize(
    ("late", "warning"),
    [
        (of((19, 3_000)), ""),
        (of((30, 3_000)), LATE),
        (of((5, 2_900), (90, 100)), LATE),
        (of((5, 1_900), (90, 99)), ""),  # too few for a p99
        (None, ""),
    ],
)
def test_a_late_generator_is_a_warning_beside_the_latency(
    late: HdrHistogram | None, warning: str
) -> None:
    assert describe_lateness(late, LATENCY) == warning


def test_without_latencies_there_is_no_warning() -> None:
    assert describe_lateness(of((30, 3_000)), None) == ""
