"""harness.waits: distributions of waits are read and added up, whoever wrote them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hdrh.histogram import HdrHistogram

from harness.results import histograms
from runner import wire

OURS = (histograms.LEAST_NS, histograms.MOST_NS, histograms.DIGITS)
MICROSECONDS = (1_000, 120_000_000_000, 3)
AN_HOUR = (1, 3_600_000_000_000, 3)


def encoded(values: Sequence[int], geometry: tuple[int, int, int] = OURS) -> str:
    histogram = HdrHistogram(*geometry)
    for value in values:
        assert histogram.record_value(value)
    return histogram.encode().decode("ascii")


def test_the_runner_counts_as_the_harness_does() -> None:
    found = histograms.decoded(wire.encode_histogram([19_990, 5_000_000]))
    assert (found.lowest_trackable_value, found.highest_trackable_value) == OURS[:2]
    assert found.significant_figures == histograms.DIGITS
    assert found.get_value_at_percentile(50) == pytest.approx(19_990, rel=0.001)


def test_waits_below_and_above_the_range_count_as_its_ends() -> None:
    found = histograms.decoded(wire.encode_histogram([-1, 500_000_000_000]))
    assert found.get_total_count() == 2
    assert found.get_value_at_percentile(50) == 0
    assert found.get_max_value() == pytest.approx(histograms.MOST_NS, rel=0.001)


@pytest.mark.parametrize("first", [OURS, MICROSECONDS, AN_HOUR])
@pytest.mark.parametrize("second", [OURS, MICROSECONDS, AN_HOUR])
def test_histograms_that_count_in_other_steps_are_added(
    first: tuple[int, int, int], second: tuple[int, int, int]
) -> None:
    texts = [
        encoded([1_000_000] * 49, first),
        encoded([7_000_000] * 50 + [100_000_000_000], second),
    ]
    total = histograms.added(texts)
    assert total.get_total_count() == 100
    told = histograms.percentiles(total)
    near = 0.002
    assert told["p50_ns"] == pytest.approx(7_000_000, rel=near)
    assert told["p99_ns"] == pytest.approx(7_000_000, rel=near)
    assert told["worst_ns"] == pytest.approx(100_000_000_000, rel=near)
    assert total.get_value_at_percentile(49) == pytest.approx(1_000_000, rel=near)


def test_waits_beyond_two_minutes_are_kept_where_they_were_kept() -> None:
    texts = [encoded([1]), encoded([400_000_000_000], AN_HOUR), encoded([2])]
    total = histograms.added(texts)
    assert total.get_total_count() == 3
    assert total.get_max_value() == pytest.approx(400_000_000_000, rel=0.001)


def test_of_nothing_nothing_is_told() -> None:
    assert histograms.percentiles(histograms.added([])) == {}
    assert histograms.percentiles(histograms.added([encoded([])])) == {}


@pytest.mark.parametrize("text", ["", "HISTFAAAACR42pNpmSzMwMCg", "not base64", "AAAA"])
def test_what_is_no_histogram_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an HdrHistogram"):
        histograms.decoded(text)
