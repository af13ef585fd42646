"""harness.waits: distributions as runners and the load generator send them, and damaged ones."""

from __future__ import annotations

import base64
import tracemalloc
import zlib
from collections.abc import Sequence

import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given
from hypothesis import strategies as st

from harness.results import histograms
from runner import wire
from tests.support.factories import examples

OURS = (histograms.MIN_NS, histograms.MAX_NS, histograms.DIGITS)
MICROSECONDS = (1_000, 120_000_000_000, 3)
AN_HOUR = (1, 3_600_000_000_000, 3)


def encoded(*values: int, least: int = 1, digits: int = 3) -> str:
    histogram = HdrHistogram(least, 120 * 10**9, digits)
    for value in values:
        histogram.record_value(value)
    return histogram.encode().decode()


def test_percentiles_are_those_of_the_recorded_values() -> None:
    told = histograms.percentiles(histograms.decode(encoded(*range(1_000, 1_001_000, 1_000))))
    assert {name: round(value, -4) for name, value in told.items()} == {
        "p50_ns": 500_000,
        "p90_ns": 900_000,
        "p99_ns": 990_000,
        "p999_ns": 1_000_000,
        "worst_ns": 1_000_000,
    }


@given(
    st.lists(st.integers(0, 90 * 10**9), min_size=1, max_size=60),
    st.lists(st.floats(0, 100), min_size=1),
    st.sampled_from([1, 1_000]),
    st.integers(1, 2),
)
@examples(60)
def test_percentiles_equal_those_of_the_library(
    values: list[int], percents: list[float], least: int, times: int
) -> None:
    text = encoded(*values, least=least)
    histogram = histograms.decode(text) if times == 1 else histograms.merge([text] * times)
    expected = [float(histogram.get_value_at_percentile(percent)) for percent in percents]
    assert histograms.percentile_values(histogram, percents) == expected


def test_an_empty_histogram_has_no_percentiles() -> None:
    assert histograms.percentiles(histograms.decode(encoded())) == {}


def test_histograms_are_merged_also_with_both_resolutions() -> None:
    fine, coarse = encoded(20_100, 20_200), encoded(5_000_000, 90_000_000_000, least=1_000)
    total = histograms.merge([fine, coarse, fine])
    assert total.get_total_count() == 6
    assert 20_200 <= total.get_value_at_percentile(50) < 20_220
    assert total.get_max_value() == histograms.decode(coarse).get_max_value()


def test_merging_nothing_gives_an_empty_histogram() -> None:
    assert histograms.percentiles(histograms.merge([])) == {}


def inside(payload: bytes) -> str:
    packed = zlib.compress(payload)
    head = base64.b64decode(encoded(5))[:4]
    return base64.b64encode(head + len(packed).to_bytes(4, "big") + packed).decode()


DAMAGED = {
    "nothing": "",
    "a word": "hello",
    "too short": "AAAA",
    "cut": encoded(*range(1, 5_000))[:60],
    "not ASCII": "é" * 20,
    "another payload": inside(b"\0" * 60),
    "an empty payload": inside(b""),
    "counts out of range": inside(
        zlib.decompress(base64.b64decode(encoded(5))[8:])[:40] + b"\xff" * 999
    ),
    "another precision": encoded(5, digits=2),
}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED)
def test_a_text_that_is_no_histogram_is_one_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"^not an HdrHistogram"):
        histograms.decode(text)
    assert histograms.find_decode_error([encoded(5), text]).startswith("not an HdrHistogram")


def test_a_readable_histogram_has_no_error() -> None:
    assert (
        histograms.find_decode_error([encoded(5), encoded()])
        == histograms.find_decode_error([])
        == ""
    )


@given(st.binary(max_size=80), st.integers(0, 200), st.integers(0, 7))
@examples(200)
def test_a_damaged_text_is_a_histogram_or_one_error(junk: bytes, place: int, cut: int) -> None:
    good = zlib.decompress(base64.b64decode(encoded(*range(1, 500)))[8:])
    text = inside(good[:place] + junk + good[place + cut :])
    try:
        histograms.percentiles(histograms.decode(text))
    except ValueError as error:
        assert str(error).startswith("not an HdrHistogram")  # noqa: PT017 - either is right


# --- in other steps, and added up


def encoded_in(values: Sequence[int], geometry: tuple[int, int, int] = OURS) -> str:
    histogram = HdrHistogram(*geometry)
    for value in values:
        assert histogram.record_value(value)
    return histogram.encode().decode("ascii")


def test_the_runner_counts_as_the_harness_does() -> None:
    found = histograms.decode(wire.encode_histogram([19_990, 5_000_000]))
    assert (found.lowest_trackable_value, found.highest_trackable_value) == OURS[:2]
    assert found.significant_figures == histograms.DIGITS
    assert found.get_value_at_percentile(50) == pytest.approx(19_990, rel=0.001)


@given(st.lists(st.integers(0, 2**12) | st.integers(0, histograms.MAX_NS), min_size=1))
@examples(200)
def test_the_runner_encodes_as_the_library_does(values: list[int]) -> None:
    assert wire.encode_histogram(values) == encoded_in(values)


def test_a_value_beyond_the_range_counts_as_its_end() -> None:
    found = histograms.decode(wire.encode_histogram([0, 500_000_000_000]))
    assert found.get_total_count() == 2
    assert found.get_value_at_percentile(50) == 0
    assert found.get_max_value() == pytest.approx(histograms.MAX_NS, rel=0.001)


@pytest.mark.parametrize("first", [OURS, MICROSECONDS, AN_HOUR])
@pytest.mark.parametrize("second", [OURS, MICROSECONDS, AN_HOUR])
def test_histograms_with_other_bucket_sizes_are_merged(
    first: tuple[int, int, int], second: tuple[int, int, int]
) -> None:
    texts = [
        encoded_in([1_000_000] * 49, first),
        encoded_in([7_000_000] * 50 + [100_000_000_000], second),
    ]
    total = histograms.merge(texts)
    assert total.get_total_count() == 100
    told = histograms.percentiles(total)
    near = 0.002
    assert told["p50_ns"] == pytest.approx(7_000_000, rel=near)
    assert told["p99_ns"] == pytest.approx(7_000_000, rel=near)
    assert told["worst_ns"] == pytest.approx(100_000_000_000, rel=near)
    assert total.get_value_at_percentile(49) == pytest.approx(1_000_000, rel=near)


def test_values_above_two_minutes_survive_a_merge() -> None:
    texts = [encoded_in([1]), encoded_in([400_000_000_000], AN_HOUR), encoded_in([2])]
    total = histograms.merge(texts)
    assert total.get_total_count() == 3
    assert total.get_max_value() == pytest.approx(400_000_000_000, rel=0.001)


def test_an_empty_merge_has_no_percentiles() -> None:
    assert histograms.percentiles(histograms.merge([])) == {}
    assert histograms.percentiles(histograms.merge([encoded_in([])])) == {}


@pytest.mark.parametrize("text", ["", "HISTFAAAACR42pNpmSzMwMCg", "not base64", "AAAA"])
def test_an_invalid_histogram_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an HdrHistogram"):
        histograms.decode(text)


def test_a_small_text_that_would_become_huge_is_refused_unread() -> None:
    bomb = HdrHistogram(1, 1_000, 3).encode()
    huge = base64.b64decode(bomb)[:8] + zlib.compress(bytes(64 * 2**20), 9)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="found more than 8 MiB of counts"):
            histograms.decode(base64.b64encode(huge).decode("ascii"))
        assert tracemalloc.get_traced_memory()[1] < 32 * 2**20
    finally:
        tracemalloc.stop()
