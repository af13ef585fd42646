"""Estimates and their intervals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import stats
from harness.stats import LEAST_FOR_INTERVAL, Estimate
from tests.factories import examples

positive = st.floats(1e-3, 1e9)
enough = st.lists(positive, min_size=LEAST_FOR_INTERVAL, max_size=12)
pairs = st.lists(st.tuples(positive, positive), min_size=LEAST_FOR_INTERVAL, max_size=12)


def known(found: Estimate | None) -> Estimate:
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("values", "median"), [([3], 3), ([1, 9], 5), ([9, 1, 2], 2), ([4, 1, 9, 2], 3)]
)
def test_too_few_values_have_a_median_and_no_interval(values: list[float], median: float) -> None:
    assert stats.estimate(values, "a") == Estimate(median, None, None, len(values))


def test_no_values_have_no_estimate_at_all() -> None:
    assert stats.estimate([], "a") is None
    assert stats.ratio([], "a") is None


def test_as_many_values_as_an_interval_needs_have_one() -> None:
    found = known(stats.estimate([1, 2, 3, 4, 5], "a"))
    assert found.has_interval
    assert found.n == LEAST_FOR_INTERVAL
    assert not known(stats.estimate([1, 2, 3, 4], "a")).has_interval


@given(enough)
@examples(25)
def test_an_interval_holds_the_median_and_stays_within_the_data(values: list[float]) -> None:
    found = known(stats.estimate(values, "a"))
    assert min(values) <= found.low <= found.value <= found.high <= max(values)


@given(enough, st.text(max_size=5))
@examples(15)
def test_the_same_data_under_the_same_name_give_the_same_interval(
    values: list[float], name: str
) -> None:
    assert stats.estimate(values, name) == stats.estimate(list(values), name)


def test_estimating_leaves_the_data_as_they_are() -> None:
    values = [5.0, 1.0, 4.0, 2.0, 3.0]
    stats.estimate(values, "a")
    assert values == [5.0, 1.0, 4.0, 2.0, 3.0]


def test_more_of_the_same_spread_makes_the_interval_narrower() -> None:
    few, many = (known(stats.estimate([8, 9, 10, 11, 12] * n, "a")) for n in (1, 20))
    assert many.high - many.low < few.high - few.low


def test_one_outlier_does_not_move_the_median() -> None:
    assert known(stats.estimate([9, 10, 10, 11, 10_000], "a")).value == 10


@given(pairs)
@examples(25)
def test_a_ratio_turned_round_is_its_inverse_interval_and_all(
    pairs: list[tuple[float, float]],
) -> None:
    this = known(stats.ratio(pairs, "a"))
    that = known(stats.ratio([(b, a) for a, b in pairs], "a"))
    assert this.value * that.value == pytest.approx(1)
    assert this.low * that.high == pytest.approx(1)
    assert this.high * that.low == pytest.approx(1)


def test_drift_that_meets_both_halves_of_a_pair_cancels() -> None:
    found = known(stats.ratio([(2.0 * speed, speed) for speed in (1, 10, 3, 100, 7)], "a"))
    assert (found.value, found.low, found.high) == pytest.approx((2, 2, 2))


def test_a_ratio_from_too_few_pairs_has_no_interval() -> None:
    found = known(stats.ratio([(1.0, 2.0)] * 4, "a"))
    assert found.value == pytest.approx(0.5)
    assert (found.low, found.high, found.n) == (None, None, 4)


@pytest.mark.parametrize("pair", [(0.0, 1.0), (1.0, 0.0), (-1.0, 1.0), (1.0, -1.0)])
def test_where_a_value_is_not_positive_there_is_no_ratio(pair: tuple[float, float]) -> None:
    """Leaving out such blocks would leave out the fastest ones."""
    assert stats.ratio([pair], "a") is None
    assert stats.ratio([pair, *[(3.0, 1.0)] * 5], "a") is None
