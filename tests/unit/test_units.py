"""Numbers as people read them, and durations as people write them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import units
from harness.errors import Problem
from tests.support.factories import examples


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("3m", 180),
        ("2h", 7200),
        ("1h30m", 5400),
        ("1m 30s", 90),
        (" 5S ", 5),
        ("1.5h", 5400),
        ("250ms", 0.25),
        ("500us", 0.0005),
        ("500µs", 0.0005),
        ("40ns", 4e-8),
    ],
)
def test_a_duration_is_numbers_with_units(text: str, seconds: float) -> None:
    assert units.parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", "5", "s", "5x", "1e3s", "-3s", "3m!", "m3", "one minute", "1,5s"]
)
def test_an_invalid_duration_is_refused_with_examples(text: str) -> None:
    with pytest.raises(Problem) as caught:
        units.parse_duration(text)
    assert str(caught.value) == (
        f"duration: found {text!r}, expected a number and a unit: 90s, 3m, 1h30m"
    )


@pytest.mark.parametrize("text", ["0s", "0h0m", "0.0ms"])
def test_a_duration_of_zero_is_refused(text: str) -> None:
    with pytest.raises(Problem, match="expected a finite time above zero"):
        units.parse_duration(text)


def test_an_infinite_duration_is_refused() -> None:
    with pytest.raises(Problem):
        units.parse_duration("9" * 400 + "s")


@given(st.text(max_size=12))
@examples(100)
def test_any_text_is_a_positive_duration_or_a_problem(text: str) -> None:
    try:
        seconds = units.parse_duration(text)
    except Problem:
        return
    assert seconds > 0


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (1.0, 3, "1.00"),
        (9.994, 3, "9.99"),
        (9.996, 3, "10.0"),
        (99.96, 3, "100"),
        (0.09996, 3, "0.100"),
        (0.00123456, 3, "0.00123"),
        (-1.234, 3, "-1.23"),
        (1234.5, 3, "1,234"),
        (1_234_567, 2, "1,234,567"),
        (1.26, 2, "1.3"),
        (0, 3, "0"),
        (math.inf, 3, "inf"),
        (math.nan, 3, "nan"),
    ],
)
def test_a_number_has_as_many_digits_as_are_asked_for(value: float, digits: int, text: str) -> None:
    assert units.format_significant(value, digits) == text


@given(st.floats(1e-9, 1e12), st.integers(2, 5))
@examples(100)
def test_rounding_moves_a_number_by_half_a_unit_of_its_last_digit_at_most(
    value: float, digits: int
) -> None:
    shown = float(units.format_significant(value, digits).replace(",", ""))
    assert abs(shown - value) <= 0.51 * max(value * 10.0 ** (1 - digits), 10.0 ** -(digits + 10))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 ns"),
        (0.5, "0.500 ns"),
        (52, "52.0 ns"),
        (999, "999 ns"),
        (1_000, "1.00 µs"),
        (52_300, "52.3 µs"),
        (-52_300, "-52.3 µs"),
        (12_345_678, "12.3 ms"),
        (59_960_000_000, "60.0 s"),
    ],
)
def test_a_time_is_shown_in_the_largest_unit_it_fills(value: float, text: str) -> None:
    assert units.format_time(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 B"),
        (1023, "1,023 B"),
        (1024, "1.00 KiB"),
        (21_390_950, "20.4 MiB"),
        (2**40, "1.00 TiB"),
    ],
)
def test_a_size_is_shown_in_binary_units(value: float, text: str) -> None:
    assert units.format_size(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(999.7, "1.00 µs"), (999_999, "1.00 ms"), (999_999_999, "1.00 s")]
)
def test_a_time_that_rounds_up_to_the_next_unit_is_shown_in_it(value: float, text: str) -> None:
    assert units.format_time(value) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (52_300, "ns", "52.3 µs"),
        (52_300, "ns/call", "52.3 µs/call"),
        (2_048, "bytes", "2.00 KiB"),
        (2_048, "bytes/task", "2.00 KiB/task"),
        (1.875, "x", "1.88x"),
        (44.6, "%", "44.6%"),
        (1.5, "cores", "1.50 cores"),
        (1_500, "calls/s", "1,500 calls/s"),
    ],
)
def test_a_metric_is_shown_with_its_unit_and_only_times_and_sizes_are_scaled(
    value: float, unit: str, text: str
) -> None:
    assert units.format_value(value, unit) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (50_000_000, "ns", "50 ms"),
        (1_500, "ns", "1.5 µs"),
        (0, "ns", "0 ns"),
        (4_096, "bytes", "4 KiB"),
        (0.5, "x", "0.5x"),
        (10, "x", "10x"),
        (1_000, "tasks", "1,000"),
        (20, "chunks", "20"),
    ],
)
def test_a_round_value_is_shown_without_trailing_zeros(value: float, unit: str, text: str) -> None:
    assert units.format_trimmed(value, unit) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0:00"), (0, "0:00"), (59.4, "0:59"), (125, "2:05"), (3725, "1:02:05")],
)
def test_a_waiting_time_is_shown_as_on_a_clock(seconds: float, text: str) -> None:
    assert units.format_clock(seconds) == text


@pytest.mark.parametrize(
    ("text", "size"),
    [("512MiB", 512 * 2**20), ("2 gib", 2**31), ("1.5k", None), ("1.5KB", 1536), ("7b", 7)],
)
def test_a_size_is_a_number_and_a_unit(text: str, size: int | None) -> None:
    if size is None:
        with pytest.raises(Problem, match="expected a number and a unit"):
            units.parse_size(text)
    else:
        assert units.parse_size(text) == size


@pytest.mark.parametrize("text", ["", "x", "0GiB", "-1GiB", "10"])
def test_an_invalid_size_is_a_problem(text: str) -> None:
    with pytest.raises(Problem, match="size: found"):
        units.parse_size(text)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (52_345.6, "messages/s", "52,300 messages/s"),
        (5_234.5, "messages/s", "5,230 messages/s"),
        (1_234_567, "requests/s", "1,230,000 requests/s"),
        (99.96, "requests/s", "100 requests/s"),
        (0.1234, "requests/s", "0.123 requests/s"),
        (0, "requests/s", "0 requests/s"),
        (math.inf, "requests/s", "inf requests/s"),
        (3.0, "requests", "3 requests"),
        (1.0, "requests", "1 request"),
        (1.004, "requests", "1.00 requests"),
        (1.0, "requests/s", "1.00 requests/s"),
        (12_345, "requests", "12,345 requests"),
        (2.5, "requests", "2.50 requests"),
        (1_200.4, "bytes/task", "1.17 KiB/task"),
        (3.97, "cores", "3.97 cores"),
    ],
)
def test_a_value_of_a_metric_is_shown_with_its_unit(value: float, unit: str, text: str) -> None:
    assert units.format_value(value, unit) == text


@pytest.mark.parametrize(
    ("unit", "text"),
    [("ns/switch", "ns"), ("messages/s", "messages/s"), ("bytes/task", "bytes"), ("x", "x")],
)
def test_a_column_leaves_out_what_its_heading_says(unit: str, text: str) -> None:
    assert units.column_unit(unit) == text


@given(st.text(), st.integers(3, 20))
@examples(100)
def test_a_text_from_outside_becomes_one_printable_line(text: str, longest: int) -> None:
    line = units.one_line(f"{text}\nok: 3 conform", longest)
    assert line.isprintable()
    assert len(line) <= longest


def test_one_line_keeps_what_is_harmless() -> None:
    assert units.one_line(" a  b\tc\r\nd\u2028\x1be\n") == "a  b c d \N{REPLACEMENT CHARACTER}e"


def test_a_value_is_formatted_in_the_unit_of_another() -> None:
    assert units.format_like(8_000, 95.7, "bytes", 2) == "8,000 B"
    assert units.format_like(1_400_000, 178_000, "ns/task", 2) == "1,400 µs"
    assert units.format_like(12, 3, "x", 2) == "12x"
