"""harness.statistics.rounds: in simulation, the chosen number of rounds is close to the best."""

from __future__ import annotations

import numpy as np
import pytest

from harness.statistics.rounds import DEFAULT_ROUNDS, FEWEST_ROUNDS, MOST_ROUNDS, choose_rounds
from tests.support.simulated_runs import Scenario, block_ratios, simulate

RUNS, BLOCKS = 200, 8
CHOICES = range(FEWEST_ROUNDS, MOST_ROUNDS + 1)


def choices(scenario: Scenario, start_cost: float) -> list[int]:
    """Return what is chosen in each of many runs, after eight blocks of five rounds."""
    ratios = np.exp(block_ratios(simulate(scenario, RUNS, BLOCKS, seed=21))[:, :, 0])
    return [choose_rounds(list(run), start_cost, 1.0) for run in ratios]


def loss(scenario: Scenario, start_cost: float, rounds: int) -> float:
    """Return cost x variance of a block of so many rounds, which the best number makes smallest."""
    dense = Scenario(**{**vars(scenario), "rounds": rounds})
    logs = np.median(block_ratios(simulate(dense, 2_000, 1, seed=22)), axis=-1)
    return (start_cost + rounds) * float(logs.var())


@pytest.mark.parametrize(
    ("process", "sample", "start_cost"),
    [(0.01, 0.02, 10.0), (0.02, 0.02, 5.0), (0.005, 0.03, 10.0), (0.02, 0.01, 3.0)],
)
def test_the_chosen_rounds_waste_little(process: float, sample: float, start_cost: float) -> None:
    scenario = Scenario("", process=process, sample=sample)
    losses = {rounds: loss(scenario, start_cost, rounds) for rounds in CHOICES}
    chosen = np.mean([losses[rounds] for rounds in choices(scenario, start_cost)])
    assert chosen <= 1.2 * min(losses.values())


def test_fixed_rounds_can_waste_half() -> None:
    scenario = Scenario("", process=0.01, sample=0.05)
    chosen = np.mean([loss(scenario, 100.0, rounds) for rounds in choices(scenario, 100.0)[:20]])
    assert chosen < 0.6 * loss(scenario, 100.0, 3)


def test_dear_processes_that_differ_little_get_many_rounds() -> None:
    alike = Scenario("", process=0.001, sample=0.05)
    assert np.median(choices(alike, start_cost=100.0)) == MOST_ROUNDS


def test_dear_rounds_of_processes_that_differ_much_are_few() -> None:
    unlike = Scenario("", process=0.05, sample=0.01)
    assert np.median(choices(unlike, start_cost=1.0)) == FEWEST_ROUNDS


def test_without_noise_or_cost_there_is_nothing_to_choose_by() -> None:
    steady = [np.ones(5)] * 5
    assert choose_rounds(steady, 1.0, 1.0) == DEFAULT_ROUNDS
    differing = [np.full(5, value) for value in (1.0, 1.1, 1.2, 1.1, 1.0)]
    assert choose_rounds(differing, 1.0, 0.0) == DEFAULT_ROUNDS
    assert choose_rounds(differing, 1.0, 1.0) == FEWEST_ROUNDS
