from __future__ import annotations

import numpy as np
import pytest

from harness.statistics.steady_state import LevelChange, SteadyState

RNG = np.random.default_rng(5)


def settling(paces: list[np.ndarray]) -> SteadyState:
    found = SteadyState()
    for pace in paces:
        found.add_process(pace)
    return found


def noisy(count: int, level: float = 100.0) -> np.ndarray:
    return level * np.exp(RNG.normal(0, 0.005, count))


def test_processes_without_a_change_of_level_have_no_warning() -> None:
    # Each process has a level of its own, which is no change inside one.
    found = settling([noisy(6, level) for level in (90, 95, 100, 105, 110, 130)])
    assert found.find_common_change() is None
    assert found.warnings() == ()


def test_a_first_sample_that_is_slower_in_every_process_is_found() -> None:
    found = settling([np.array([1.304, 1, 1]) * noisy(3) for _ in range(8)])
    change = found.find_common_change()
    assert change is not None
    assert (change.after, change.processes) == (1, 8)
    assert change.factor == pytest.approx(1 / 1.3, rel=0.02)
    assert found.warnings() == (
        "no steady state: after sample 1 it is 30% faster in the same process (over 8 processes)",
    )


def test_a_later_change_is_found_at_its_position() -> None:
    found = settling([np.repeat([1.0, 1.2], [3, 2]) * noisy(5) for _ in range(8)])
    assert found.find_common_change() == LevelChange(3, pytest.approx(1.2, rel=0.02), 8)


def test_processes_with_more_or_fewer_rounds_count_by_their_first_samples() -> None:
    settled_late = [np.array([1.3, *[1.0] * more]) * noisy(1 + more) for more in (4, 6, 8, 10, 14)]
    found = settling([noisy(3), *settled_late, noisy(1)])
    assert found.find_common_change() == LevelChange(1, pytest.approx(1 / 1.3, rel=0.02), 5)


def test_a_small_change_is_not_reported() -> None:
    exact = np.array([100.0, 99.0, 99.0])
    assert settling([exact] * 20).find_common_change() is None


def test_too_few_processes_give_no_change() -> None:
    assert settling([np.array([2.0, 1.0, 1.0])] * 4).find_common_change() is None


@pytest.mark.parametrize("pace", [np.empty(0), np.array([1.0]), np.array([1.0, 0.0])])
def test_a_process_with_fewer_than_two_positive_samples_is_left_out(pace: np.ndarray) -> None:
    assert settling([pace] * 9).warnings() == ()


def test_false_warnings_are_rare() -> None:
    warned = sum(
        settling([1.0 + RNG.normal(0, 0.1, 5) for _ in range(10)]).find_common_change() is not None
        for _ in range(500)
    )
    assert warned <= 500 * 0.02
