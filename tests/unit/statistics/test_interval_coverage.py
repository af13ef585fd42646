"""What the intervals promise, held against simulated runs where the truth is known.

Processes differ by 5%, samples within one by 2%, and the machine drifts by 10% over the run: the
interval of a ratio from ten blocks has to hold the truth in 93 to 97 of 100 runs. The rivals that
lost are simulated beside it, so that the choice can be looked at again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from harness.statistics import estimates

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

RUNS, BLOCKS, SAMPLES = 2_000, 10, 5
PROCESS, SAMPLE, DRIFT = 0.05, 0.02, 0.10


def simulated(truth: float, seed: int) -> NDArray[np.float64]:
    """Return the medians of processes: runs × blocks × (this, that)."""
    draw = np.random.default_rng(seed)
    drift = np.linspace(0, DRIFT, BLOCKS)[None, :, None]
    # The two run one after the other within a block, in either order, and drift goes on.
    drift = drift + draw.permuted([[0.0, DRIFT / BLOCKS / 2]] * (RUNS * BLOCKS), axis=1).reshape(
        RUNS, BLOCKS, 2
    )
    process = draw.normal(0, PROCESS, (RUNS, BLOCKS, 2))
    samples = draw.normal(0, SAMPLE, (RUNS, BLOCKS, 2, SAMPLES))
    medians = np.median(np.exp(process[..., None] + samples), axis=-1)
    return medians * (1 + drift) * np.array([truth, 1.0])


def covered(truth: float, seed: int) -> tuple[float, float]:
    """Return how often the interval holds the truth, and how often it leaves out 1."""
    hits = misses_one = 0
    for run in simulated(truth, seed):
        found = estimates.paired_ratio([(float(a), float(b)) for a, b in run])
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= truth <= found.high
        misses_one += not found.low <= 1 <= found.high
    return hits / RUNS, misses_one / RUNS


@pytest.mark.parametrize("truth", [1.0, 1.05, 3.0])
def test_the_interval_of_a_ratio_has_its_nominal_coverage(truth: float) -> None:
    held, _ = covered(truth, seed=11)
    assert 0.93 <= held <= 0.97


def test_equals_are_called_different_in_one_of_twenty_at_most() -> None:
    _, alarms = covered(1.0, seed=12)
    assert alarms <= 0.06


def test_twenty_comparisons_of_equals_give_one_false_alarm_in_twenty_runs_at_most() -> None:
    draw = np.random.default_rng(13)
    families = 0
    for _ in range(400):
        base = draw.normal(0, PROCESS, BLOCKS)
        ps = []
        for _ in range(20):
            other = draw.normal(0, PROCESS, BLOCKS)
            found = estimates.paired_ratio(list(zip(np.exp(other), np.exp(base), strict=True)))
            assert found is not None
            assert found.p is not None
            ps.append(found.p)
        families += min(estimates.adjust_holm(ps)) < 0.05
    assert families / 400 <= 0.07


def percentile_of_the_mean(logs: NDArray[np.float64], picks: NDArray[np.int64]) -> tuple:
    return tuple(np.percentile(logs[picks].mean(axis=1), [2.5, 97.5]))


def bca(logs: NDArray[np.float64], picks: NDArray[np.int64]) -> tuple:
    from scipy import special

    means = logs[picks].mean(axis=1)
    bias = special.ndtri((means < logs.mean()).mean())
    left_out = (logs.sum() - logs) / (logs.size - 1)
    skew = left_out.mean() - left_out
    acceleration = (skew**3).sum() / (6 * (skew**2).sum() ** 1.5)
    z = bias + special.ndtri([0.025, 0.975])
    return tuple(np.quantile(means, special.ndtr(bias + z / (1 - acceleration * z))))


@pytest.mark.parametrize("rival", [percentile_of_the_mean, bca])
def test_the_rejected_methods_have_less_than_their_nominal_coverage(
    rival: Callable[[NDArray[np.float64], NDArray[np.int64]], tuple],
) -> None:
    """If one of them ever holds, docs/methodology.md is wrong about why it lost."""
    picks = np.random.default_rng(14).integers(0, BLOCKS, (1_000, BLOCKS))
    held = 0
    runs = simulated(1.05, seed=15)[:600]
    for run in runs:
        low, high = rival(np.log(run[:, 0] / run[:, 1]), picks)
        held += low <= np.log(1.05) <= high
    assert held / len(runs) < 0.93
