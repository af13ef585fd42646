"""harness.statistics.rounds: in simulation, the chosen number of rounds is close to the best."""

from __future__ import annotations

import numpy as np
import pytest

from harness.statistics.rounds import (
    DEFAULT_ROUNDS,
    FEWEST_ROUNDS,
    MOST_ROUNDS,
    OF_LATENCIES,
    SOON,
    Costs,
    RoundLimits,
    choose_rounds,
    fit_rounds,
    limit_rounds,
    time_round_s,
)
from tests.support.simulated_runs import Scenario, block_ratios, simulate

RUNS, BLOCKS = 60, 8
CHOICES = range(FEWEST_ROUNDS, MOST_ROUNDS + 1, 2)
NEVER_ENOUGH = 1e-6  # a precision that no number of rounds reaches


def choices(scenario: Scenario, start: float, precision: float = NEVER_ENOUGH) -> list[int]:
    """Return what is chosen in each of many runs, after eight blocks of five rounds."""
    ratios = np.exp(block_ratios(simulate(scenario, RUNS, BLOCKS, seed=21)))
    return [
        choose_rounds(
            [list(run[:, other]) for other in range(run.shape[1])], Costs(start, 1.0), precision
        )
        for run in ratios
    ]


def loss(scenario: Scenario, start: float, rounds: int) -> float:
    """Return cost x variance of a block of so many rounds, which the best number makes smallest."""
    dense = Scenario(**{**vars(scenario), "rounds": rounds})
    logs = np.median(block_ratios(simulate(dense, 2_000, 1, seed=22)), axis=-1)
    return (start + rounds) * float(logs.var())


@pytest.mark.parametrize(
    ("process", "sample", "start"),
    [(0.01, 0.02, 10.0), (0.02, 0.02, 5.0), (0.005, 0.03, 10.0), (0.02, 0.01, 3.0)],
)
def test_the_chosen_rounds_waste_little(process: float, sample: float, start: float) -> None:
    """On a machine with slow phases, on which medians of few rounds fail often."""
    scenario = Scenario("", process=process, sample=sample, contestants=6)
    losses = {rounds: loss(scenario, start, rounds) for rounds in CHOICES}
    chosen = np.mean([losses[rounds] for rounds in choices(scenario, start)])
    assert chosen <= 1.25 * min(losses.values())


def test_fixed_rounds_can_waste_half() -> None:
    scenario = Scenario("", process=0.01, sample=0.05)
    chosen = np.mean([loss(scenario, 100.0, rounds) for rounds in choices(scenario, 100.0)[:20]])
    assert chosen < 0.6 * loss(scenario, 100.0, 3)


def test_dear_processes_that_differ_little_get_many_rounds() -> None:
    alike = Scenario("", process=0.001, sample=0.05)
    assert np.median(choices(alike, start=100.0)) == MOST_ROUNDS


def test_dear_rounds_of_processes_that_differ_much_are_few() -> None:
    unlike = Scenario("", process=0.05, sample=0.01, has_slow_phases=False)
    assert np.median(choices(unlike, start=1.0)) == FEWEST_ROUNDS


def test_no_more_rounds_than_the_precision_needs() -> None:
    steady = Scenario("", process=0.001, sample=0.002, has_slow_phases=False)
    assert np.median(choices(steady, start=100.0)) == MOST_ROUNDS
    assert np.median(choices(steady, start=100.0, precision=0.03)) == FEWEST_ROUNDS


def test_one_block_is_enough_to_choose_by() -> None:
    rng = np.random.default_rng(1)
    one = [[np.exp(rng.normal(0, 0.1, 5))] for _ in range(10)]
    assert choose_rounds(one, Costs(100.0, 1.0), 0.03) == MOST_ROUNDS
    assert choose_rounds(one, Costs(0.0, 1.0), 0.03) < MOST_ROUNDS


def test_without_noise_or_cost_there_is_nothing_to_choose_by() -> None:
    steady = [[np.ones(5)] * 5]
    assert choose_rounds(steady, Costs(1.0, 1.0), 0.03) == DEFAULT_ROUNDS
    noisy = [[np.exp(np.random.default_rng(2).normal(0, 0.1, 5)) for _ in range(5)]]
    assert choose_rounds(noisy, Costs(1.0, 0.0), 0.03) == DEFAULT_ROUNDS
    assert choose_rounds([], Costs(1.0, 1.0), 0.03) == DEFAULT_ROUNDS


def limits(
    of: list[list[np.ndarray]], *, round_s: float, is_soon: bool, least: int = 1
) -> RoundLimits:
    return limit_rounds(of, Costs(10.0, round_s), 0.03, is_soon=is_soon, least=least)


def test_where_a_round_takes_long_one_block_of_three_tells_how_noisy_rounds_are() -> None:
    """With one round in each block, noise inside blocks looks like that of processes."""
    rng = np.random.default_rng(3)
    noise = [[np.exp(rng.normal(0, 0.2, 1)) for _ in range(4)] for _ in range(6)]
    first = limits(noise, round_s=4.0, is_soon=True)
    assert first.most == 3
    assert first.time_s >= 3 * 4.0
    for blocks in noise:
        blocks.append(np.exp(rng.normal(0, 0.2, 3)))
    later = limits(noise, round_s=4.0, is_soon=False)
    assert later.most >= 3
    assert later.time_s >= 3 * 4.0
    assert first.parts == later.parts == 3  # a slow phase would meet only some of such a round


def test_steady_rounds_that_take_long_stay_single() -> None:
    rng = np.random.default_rng(4)
    steady = [[np.exp(rng.normal(0, 0.001, size)) for size in (1, 3, 1, 1, 1)] for _ in range(6)]
    found = limits(steady, round_s=4.0, is_soon=False)
    assert (found.most, found.parts) == (1, 1)


def test_steady_rounds_of_more_than_half_a_second_are_single_or_as_few_as_allowed() -> None:
    rng = np.random.default_rng(6)
    steady = [[np.exp(rng.normal(0, 0.001, 5)) for _ in range(5)] for _ in range(6)]
    found = [limits(steady, round_s=round_s, is_soon=False).most for round_s in (0.4, 0.6)]
    assert found == [FEWEST_ROUNDS, 1]
    assert limits(steady, round_s=0.6, is_soon=False, least=3).most == 3


def test_rounds_of_more_than_half_a_second_are_several_if_one_would_leave_noise() -> None:
    rng = np.random.default_rng(6)
    noisy = [[np.exp(rng.normal(0, 0.02, 5)) for _ in range(5)] for _ in range(6)]
    assert limits(noisy, round_s=0.6, is_soon=False).most >= 3


def test_blocks_of_latencies_stay_short() -> None:
    """Nothing is known of rounds, and one has thousands of latencies."""
    for is_soon in (True, False):
        assert limits([[], []], round_s=7.0, is_soon=is_soon) == OF_LATENCIES


def test_noisy_rounds_get_the_time_they_need_once_there_are_intervals() -> None:
    rng = np.random.default_rng(5)
    noise = [[np.exp(rng.normal(0, 0.2, 3)) for _ in range(5)] for _ in range(6)]
    soon, later = (limits(noise, round_s=0.9, is_soon=is_soon) for is_soon in (True, False))
    assert soon == SOON
    assert later.most > DEFAULT_ROUNDS
    assert later.time_s > later.most * 0.9
    assert later.parts == 1


def test_noisy_short_rounds_are_many_from_the_second_block_on() -> None:
    rng = np.random.default_rng(7)
    noise = [[np.exp(rng.normal(0, 0.2, 5))] for _ in range(6)]
    found = [limits(noise, round_s=round_s, is_soon=True).most for round_s in (0.05, 0.2, 0.4)]
    assert found == [MOST_ROUNDS, DEFAULT_ROUNDS + 2, DEFAULT_ROUNDS]


def test_as_many_rounds_as_fit_into_the_time() -> None:
    assert fit_rounds([0.1, 0.1, 0.1], 5.0, least=3, most=5, fewest_each=1) == [5, 5, 5]
    assert fit_rounds([0.1, 0.1, 0.1], 1.25, least=3, most=5, fewest_each=1) == [4, 4, 4]
    assert fit_rounds([0.1, 0.1, 0.1], 0.1, least=3, most=5, fewest_each=1) == [3, 3, 3]


def test_a_contestant_with_long_turns_takes_no_more_time_than_four_others() -> None:
    turns_s = [0.05, 0.05, 0.05, 0.3, 5.0]
    assert fit_rounds(turns_s, 20.0, 3, 9, fewest_each=1) == [9, 9, 9, 6, 1]
    assert fit_rounds(turns_s, 60.0, 3, 9, fewest_each=9) == [9] * 5


def test_a_very_long_turn_counts_as_much_as_it_is_taken() -> None:
    assert time_round_s([0.05, 0.05, 0.05, 5.0]) == pytest.approx(0.15 + 4 * 0.05)
    assert time_round_s([0.001, 0.001, 0.09]) == pytest.approx(0.092)


def test_short_turns_are_all_taken() -> None:
    assert fit_rounds([0.001, 0.001, 0.001, 0.09], 9.0, 3, 9, fewest_each=1) == [9] * 4


def test_a_contestant_that_has_failed_takes_no_time() -> None:
    assert fit_rounds([0.01, 0.0, 0.01], 1.0, 3, 5, fewest_each=1) == [5, 5, 5]
    assert fit_rounds([0.0], 1.0, 3, 5, fewest_each=1) == [5]
