"""Estimates and their intervals."""

from __future__ import annotations

import math
import random
from typing import TypeVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.statistics import estimates
from harness.statistics.estimates import MIN_FOR_INTERVAL, Estimate, Ratio
from tests.support.factories import examples

positive = st.floats(1e-3, 1e9)
enough = st.lists(positive, min_size=MIN_FOR_INTERVAL, max_size=12)
pairs = st.lists(st.tuples(positive, positive), min_size=MIN_FOR_INTERVAL, max_size=16)


probabilities = st.lists(st.floats(0, 1), max_size=12)
Kind = TypeVar("Kind", bound=Estimate)


def known(found: Kind | None) -> Kind:
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("values", "median"), [([3], 3), ([1, 9], 5), ([9, 1, 2], 2), ([4, 1, 9, 2], 3)]
)
def test_too_few_values_have_a_median_and_no_interval(values: list[float], median: float) -> None:
    assert estimates.estimate_median(values, "a") == Estimate(median, None, None, len(values))


def test_without_values_there_is_no_estimate() -> None:
    assert estimates.estimate_median([], "a") is None
    assert estimates.paired_ratio([]) is None


def test_the_minimum_number_of_values_gives_an_interval() -> None:
    found = known(estimates.estimate_median([1, 2, 3, 4, 5], "a"))
    assert found.has_interval
    assert found.n == MIN_FOR_INTERVAL
    assert not known(estimates.estimate_median([1, 2, 3, 4], "a")).has_interval


@given(enough)
@examples(25)
def test_an_interval_holds_the_median_and_stays_within_the_data(values: list[float]) -> None:
    found = known(estimates.estimate_median(values, "a"))
    assert min(values) <= found.low <= found.value <= found.high <= max(values)


@given(enough, st.text(max_size=5))
@examples(15)
def test_the_same_data_under_the_same_name_give_the_same_interval(
    values: list[float], name: str
) -> None:
    assert estimates.estimate_median(values, name) == estimates.estimate_median(list(values), name)


def test_estimating_does_not_change_the_data() -> None:
    values = [5.0, 1.0, 4.0, 2.0, 3.0]
    estimates.estimate_median(values, "a")
    assert values == [5.0, 1.0, 4.0, 2.0, 3.0]


def test_more_of_the_same_spread_makes_the_interval_narrower() -> None:
    few, many = (known(estimates.estimate_median([8, 9, 10, 11, 12] * n, "a")) for n in (1, 20))
    assert many.high - many.low < few.high - few.low


def test_one_outlier_does_not_move_the_median() -> None:
    assert known(estimates.estimate_median([9, 10, 10, 11, 10_000], "a")).value == 10


# A ratio


def of_logs(*logs: float) -> Ratio:
    """Return the ratio of pairs whose logarithms differ by these."""
    return known(estimates.paired_ratio([(math.exp(log), 1.0) for log in logs]))


def test_a_ratio_is_the_geometric_mean_with_students_interval_on_logarithms() -> None:
    """By hand: mean 0.3, standard error 0.0707, t of 4 degrees 2.7764; 4.2426 errors from 0."""
    found = of_logs(0.1, 0.2, 0.3, 0.4, 0.5)
    assert found.n == 5
    assert math.log(found.value) == pytest.approx(0.3)
    assert math.log(found.low) == pytest.approx(0.3 - 0.19632, abs=1e-5)
    assert math.log(found.high) == pytest.approx(0.3 + 0.19632, abs=1e-5)
    assert found.p == pytest.approx(0.013236, abs=1e-6)


def test_of_fifteen_blocks_the_two_at_each_end_do_not_count() -> None:
    """By hand: 11 middle logarithms -5 to 5; those at the ends count as -5 and 5.

    Their squares add up to 2 * 55 + 4 * 25 = 210, so the error is sqrt(210 / 14 * 15) / 11. Eight
    degrees of freedom: 11 - 1, less one for each two left out. The t of 95% is then 2.3060.
    """
    middle = [step / 100 for step in range(-5, 6)]
    found = of_logs(9.0, *middle, -0.07, -8.0, 0.06)
    error = math.sqrt(210 / 14 * 15) / 11 / 100
    assert math.log(found.value) == pytest.approx(0, abs=1e-12)
    assert math.log(found.high) == pytest.approx(2.3060 * error, rel=1e-4)
    assert found.n == 15


@pytest.mark.parametrize(
    ("blocks", "stray", "moved"), [(9, 1, 1), (10, 1, 0), (13, 2, 1), (60, 2, 0)]
)
def test_how_many_stray_blocks_move_an_estimate(blocks: int, stray: int, moved: int) -> None:
    found = of_logs(*[0.9] * stray, *[0.0] * (blocks - stray))
    assert (math.log(found.value) > 1e-9) == bool(moved)


@given(pairs)
@examples(25)
def test_the_inverse_of_a_ratio_inverts_its_interval(
    pairs: list[tuple[float, float]],
) -> None:
    this = known(estimates.paired_ratio(pairs))
    that = known(estimates.paired_ratio([(b, a) for a, b in pairs]))
    assert this.value * that.value == pytest.approx(1)
    assert this.low * that.high == pytest.approx(1)
    assert this.high * that.low == pytest.approx(1)
    assert this.p == pytest.approx(that.p)


@given(pairs)
@examples(25)
def test_the_inverse_of_a_ratio_is_the_ratio_of_the_swapped_pairs(
    pairs: list[tuple[float, float]],
) -> None:
    inverse = known(estimates.paired_ratio(pairs)).inverse()
    that = known(estimates.paired_ratio([(b, a) for a, b in pairs]))
    assert (inverse.value, inverse.low, inverse.high) == pytest.approx(
        (that.value, that.low, that.high)
    )
    assert (inverse.n, inverse.p) == (that.n, pytest.approx(that.p))


@given(pairs)
@examples(50)
def test_the_interval_excludes_one_if_p_is_below_5_percent(
    pairs: list[tuple[float, float]],
) -> None:
    found = known(estimates.paired_ratio(pairs))
    assert found.low <= found.value * (1 + 1e-12)
    assert found.value <= found.high * (1 + 1e-12)
    assert 0 <= found.p <= 1
    if abs(found.p - 0.05) > 1e-9:
        assert (found.p < 0.05) == (not found.low <= 1 <= found.high)


def test_drift_that_affects_both_values_of_a_pair_cancels() -> None:
    found = known(estimates.paired_ratio([(2.0 * speed, speed) for speed in (1, 10, 3, 100, 7)]))
    assert (found.value, found.low, found.high) == pytest.approx((2, 2, 2))
    assert found.p == pytest.approx(0)


def test_pairs_of_equal_values_have_a_p_of_one() -> None:
    found = known(
        estimates.paired_ratio([(speed, speed) for speed in (1.0, 10.0, 3.0, 100.0, 7.0)])
    )
    assert (found.value, found.low, found.high, found.p, found.spread) == (1, 1, 1, 1, 0)


def test_a_ratio_from_too_few_pairs_has_no_interval() -> None:
    found = known(estimates.paired_ratio([(1.0, 2.0)] * 4))
    assert found.value == pytest.approx(0.5)
    assert (found.low, found.high, found.n) == (None, None, 4)
    assert (found.p, found.spread) == (None, None)
    inverse = found.inverse()
    assert inverse.value == pytest.approx(2)
    assert (inverse.low, inverse.high, inverse.n, inverse.p) == (None, None, 4, None)


def test_the_minimum_number_of_pairs_gives_an_interval() -> None:
    found = of_logs(*[0.1, 0.2] * MIN_FOR_INTERVAL)
    assert (found.has_interval, found.n) == (True, 2 * MIN_FOR_INTERVAL)
    assert known(estimates.paired_ratio([(1.0, 2.0)] * MIN_FOR_INTERVAL)).has_interval


def test_the_spread_is_half_the_width_of_the_interval_in_proportion() -> None:
    assert Ratio(2, 2 / 1.03, 2 * 1.03, 9).spread == pytest.approx(0.03)
    assert Ratio(0.5, 0.5 / 1.03, 0.5 * 1.03, 9).spread == pytest.approx(0.03)


def test_more_pairs_of_the_same_spread_make_the_interval_of_a_ratio_narrower() -> None:
    few, many = of_logs(*[0.1, 0.2, 0.3] * 2), of_logs(*[0.1, 0.2, 0.3] * 20)
    assert many.spread < few.spread
    assert many.p < few.p


@pytest.mark.parametrize("pair", [(0.0, 1.0), (1.0, 0.0), (-1.0, 1.0), (1.0, -1.0)])
def test_values_that_are_not_positive_have_no_ratio(pair: tuple[float, float]) -> None:
    """Leaving out such blocks would leave out the fastest ones."""
    assert estimates.paired_ratio([pair]) is None
    assert estimates.paired_ratio([pair, *[(3.0, 1.0)] * 5]) is None


# Many comparisons


@pytest.mark.parametrize(
    ("ps", "adjusted"),
    [
        # In order: 4 x 0.005, 3 x 0.01, 2 x 0.03, and 1 x 0.04, which may not be below that.
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.02, 0.02, 0.02], [0.06, 0.06, 0.06]),
        ([0.4, 0.6, 0.9], [1, 1, 1]),
        ([0.03], [0.03]),
        ([], []),
    ],
)
def test_known_probabilities_are_adjusted_as_holm_has_it(
    ps: list[float], adjusted: list[float]
) -> None:
    assert estimates.adjust_holm(ps) == pytest.approx(adjusted)


@given(probabilities)
@examples(100)
def test_an_adjusted_probability_is_never_below_its_own_nor_above_1_and_never_beyond_bonferroni(
    ps: list[float],
) -> None:
    for raw, adjusted in zip(ps, estimates.adjust_holm(ps), strict=True):
        assert raw <= adjusted <= min(1, len(ps) * raw)


@given(probabilities)
@examples(100)
def test_adjusting_keeps_the_order_of_probabilities(ps: list[float]) -> None:
    both = sorted(zip(ps, estimates.adjust_holm(ps), strict=True))
    assert [adjusted for _, adjusted in both] == sorted(adjusted for _, adjusted in both)


@given(probabilities, st.randoms(use_true_random=False))
@examples(50)
def test_the_position_of_a_probability_does_not_matter(
    ps: list[float], random: random.Random
) -> None:
    places = list(range(len(ps)))
    random.shuffle(places)
    adjusted = estimates.adjust_holm(ps)
    assert estimates.adjust_holm([ps[place] for place in places]) == [
        adjusted[place] for place in places
    ]


def test_adjusting_does_not_change_its_input() -> None:
    ps = [0.04, 0.01]
    estimates.adjust_holm(ps)
    assert ps == [0.04, 0.01]


@pytest.mark.parametrize(("processes", "samples"), [(10, 5), (11, 1), (20, 30)])
def test_the_hierarchical_bootstrap_equals_drawing_processes_and_then_samples(
    processes: int, samples: int
) -> None:
    draw = np.random.default_rng(21)
    level = draw.normal(0, 0.05, (processes, 1))
    data = np.exp(level + draw.normal(0, 0.05, (processes, samples)))
    found = estimates.estimate_median(
        [float(np.median(samples)) for samples in data],
        "x",
        np.concatenate([estimates.resample_process_median(samples) for samples in data]),
    )
    drawn = 10_000
    which = draw.integers(0, processes, (drawn, processes))
    inside = draw.integers(0, samples, (drawn, processes, samples))
    medians = np.median(np.median(data[which[..., None], inside], axis=2), axis=1)
    assert found is not None
    assert (found.low, found.high) == pytest.approx(np.percentile(medians, [2.5, 97.5]), rel=0.015)


def test_the_resampled_median_of_two_samples_is_exact() -> None:
    within = list(estimates.resample_process_median(np.array([1.0, 3.0])))
    assert [within.count(value) for value in (1.0, 2.0, 3.0)] == [8, 16, 8]
