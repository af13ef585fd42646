"""harness.statistics.blocks: the ratio of a block is the median of the ratios inside its rounds."""

from __future__ import annotations

import numpy as np
import pytest

from harness.statistics import estimates
from harness.statistics.blocks import BlockValues, estimate_difference, pair_blocks


def values(*blocks: list[float], alone: bool = False, first_round: int = 0) -> BlockValues:
    found = BlockValues()
    for block, samples in enumerate(blocks):
        array = np.array(samples, dtype=float)
        found.add(block, array, 0 if alone else len(samples), first_round)
    return found


def ratios(these: BlockValues, those: BlockValues) -> list[float]:
    return [this / that for this, that in pair_blocks(these, those)]


def test_a_slow_phase_that_meets_both_sides_of_a_round_cancels() -> None:
    slow = np.array([1.0, 1.9, 1.9, 1.0, 1.5])
    these, those = values(list(20 * slow)), values(list(10 * slow[::1]))
    assert ratios(these, those) == [pytest.approx(2)]


def test_a_slow_phase_that_meets_one_side_of_two_rounds_is_left_out_by_the_median() -> None:
    assert ratios(values([20, 20, 38, 38, 20]), values([10] * 5)) == [2]


def test_the_median_is_of_ratios_and_not_a_ratio_of_medians() -> None:
    these, those = values([1, 20, 30]), values([1, 10, 40])
    assert ratios(these, those) == [1]
    assert these.by_block[0] / those.by_block[0] == 2


def test_the_inverse_ratio_of_two_rounds_is_the_inverse() -> None:
    two, other = values([2, 1]), values([1, 4])
    assert ratios(two, other) == [pytest.approx(1 / ratios(other, two)[0])]
    assert ratios(two, other) == [pytest.approx((2 * 0.25) ** 0.5)]


def test_a_cost_that_is_not_positive_keeps_its_sign() -> None:
    assert ratios(values([-2, 1]), values([1, 1])) == [-0.5]


def test_without_rounds_the_ratio_is_that_of_the_medians() -> None:
    alone = values([1, 20, 30], alone=True)
    for these, those in ((alone, alone), (alone, values([1, 10, 40]))):
        assert pair_blocks(these, those) == [(20, those.by_block[0])]


def test_only_common_rounds_are_paired() -> None:
    base = values([1, 1, 1, 10, 20, 30])
    assert ratios(values([2, 40, 90], first_round=3), base) == [2]
    assert ratios(values([3, 4, 5]), base) == [4]


def test_a_slow_phase_that_meets_both_sides_of_most_rounds_leaves_the_difference() -> None:
    these, those = values([30, 57, 30, 31, 30]), values([20, 47, 20, 2, 20], [20])
    found = estimate_difference(these, those, "seed")
    assert found is not None
    assert (found.value, found.n) == (10, 1)


def test_without_common_rounds_the_difference_is_that_of_the_medians() -> None:
    base = values([1, 1, 1, 10, 20, 30], alone=True)
    found = estimate_difference(values([2, 40, 90]), base, "seed")
    assert found is not None
    assert found.value == 40 - 5.5
    assert estimate_difference(values(), base, "seed") is None


def test_without_a_common_round_both_are_divided_by_the_base() -> None:
    base = values([1, 1, 1, 10, 20, 30])
    early, late = values([3, 4, 5]), values([20, 40, 60], first_round=3)
    assert pair_blocks(late, early) == [(40, 4)]
    assert pair_blocks(late, early, base) == [(2, 4)]


def test_a_zero_in_a_round_falls_back_to_the_medians() -> None:
    assert pair_blocks(values([1, 20, 30]), values([0, 10, 40])) == [(20, 10)]


def test_only_common_blocks_are_paired() -> None:
    these, those = values([1], [2], [3]), values([1], [2])
    del those.by_block[0], those.by_round[0]
    assert pair_blocks(these, those) == [(1, 1)]


def test_a_process_without_samples_has_no_value() -> None:
    found = values([])
    assert (found.by_block, found.by_round) == ({}, {})


def test_samples_that_are_not_one_a_round_count_as_a_whole() -> None:
    found = BlockValues()
    found.add(0, np.array([5.0]), 3)  # a metric of the trial as a whole
    assert (found.by_block, found.by_round) == ({0: 5.0}, {})


def test_a_formula_is_applied_to_blocks_and_rounds() -> None:
    doubled = values([1, 2, 3], [4, 5, 6]).map(lambda array: 2 * array)
    assert doubled.by_block == {0: 4, 1: 10}
    assert {block: list(rounds.values) for block, rounds in doubled.by_round.items()} == {
        0: [2, 4, 6],
        1: [8, 10, 12],
    }
    alone = values([1, 2, 3], alone=True).map(lambda array: 2 * array)
    assert (alone.by_block, alone.by_round) == ({0: 4}, {})


def test_rounds_give_a_narrower_interval_on_a_machine_with_slow_phases() -> None:
    """Simulate 200 runs of five blocks of five rounds, each round slow or fast for both sides."""
    rng = np.random.default_rng(7)
    covered, widths = 0, {"rounds": 0.0, "medians": 0.0}
    for _ in range(200):
        slow = np.where(rng.random((5, 5)) < 0.4, 1.8, 1.0)
        these = values(*(2 * slow * np.exp(rng.normal(0, 0.02, (5, 5)))).tolist())
        those = values(*(slow * np.exp(rng.normal(0, 0.02, (5, 5)))).tolist())
        found = estimates.paired_ratio(pair_blocks(these, those))
        blocks = [(these.by_block[block], those.by_block[block]) for block in range(5)]
        medians = estimates.paired_ratio(blocks)
        assert found is not None
        assert medians is not None
        assert None not in (found.low, found.high, found.spread, medians.spread)
        covered += found.low <= 2 <= found.high  # type: ignore[operator]
        widths["rounds"] += found.spread  # type: ignore[operator]
        widths["medians"] += medians.spread  # type: ignore[operator]
    assert 0.92 <= covered / 200 <= 0.985
    assert widths["rounds"] < widths["medians"]
