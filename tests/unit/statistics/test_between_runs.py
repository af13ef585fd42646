"""The ratio of two groups of runs: its interval allows for what unchanged code differs by."""

from __future__ import annotations

import math

import numpy as np
import pytest

from harness.statistics.between_runs import BetweenRuns, ratio_of_runs
from harness.statistics.estimates import unpaired_ratio
from tests.bench.compare_runs import fit

BETWEEN = BetweenRuns(deviation=0.05, degrees=4.0)
INSIDE, PROCESSES = 0.02, 10
TRUE = 1.1


def draw_deviation(draw: np.random.Generator) -> float:
    """Draw the deviation between runs of one cell: a few cells have much more than others."""
    return BETWEEN.deviation * math.sqrt(BETWEEN.degrees / draw.chisquare(BETWEEN.degrees))


def draw_runs(
    draw: np.random.Generator, center: float, deviation: float, count: int
) -> list[list[float]]:
    effects = draw.normal(0, deviation, count)
    return [list(center * np.exp(effect + draw.normal(0, INSIDE, PROCESSES))) for effect in effects]


@pytest.mark.slow
@pytest.mark.parametrize(("these", "those"), [(1, 1), (2, 2), (5, 5)])
def test_the_interval_covers_the_ratio_whatever_the_number_of_runs(these: int, those: int) -> None:
    draw = np.random.default_rng(these + 10 * those)
    held = 0
    for _ in range(600):
        deviation = draw_deviation(draw)
        found = ratio_of_runs(
            draw_runs(draw, TRUE, deviation, these), draw_runs(draw, 1.0, deviation, those), BETWEEN
        )
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        held += found.low <= TRUE <= found.high
    assert 0.93 <= held / 600 <= 0.97


def test_an_interval_over_processes_alone_covers_it_rarely() -> None:
    """The design that was rejected: processes of two runs taken as independent."""
    draw = np.random.default_rng(3)
    held = 0
    for _ in range(500):
        deviation = draw_deviation(draw)
        these, those = (draw_runs(draw, center, deviation, 1)[0] for center in (TRUE, 1.0))
        found = unpaired_ratio(these, those)
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        held += found.low <= TRUE <= found.high
    assert held / 500 < 0.5


def test_more_runs_give_a_narrower_interval_and_a_smaller_p() -> None:
    draw = np.random.default_rng(4)
    few, many = (
        ratio_of_runs(draw_runs(draw, 1.2, 0.03, count), draw_runs(draw, 1.0, 0.03, count), BETWEEN)
        for count in (1, 8)
    )
    assert few is not None
    assert many is not None
    assert few.spread is not None
    assert many.spread is not None
    assert few.p is not None
    assert many.p is not None
    assert many.spread < few.spread / 2
    assert many.p < 0.001 < few.p


@pytest.mark.parametrize(
    ("these", "those"), [([], [[1.0]]), ([[1.0]], []), ([[1.0, 0.0]], [[1.0]]), ([[]], [[1.0]])]
)
def test_groups_that_are_empty_or_not_positive_have_no_ratio(
    these: list[list[float]], those: list[list[float]]
) -> None:
    assert ratio_of_runs(these, those) is None


def test_a_run_of_few_processes_gives_a_ratio_without_an_interval() -> None:
    found = ratio_of_runs([[2.0] * 4, [2.0] * 9], [[1.0] * 9])
    assert found is not None
    assert (found.value, found.low, found.n) == (pytest.approx(2.0), None, 4)


def test_the_benchmark_finds_the_deviation_between_runs_and_how_alike_cells_are() -> None:
    draw = np.random.default_rng(6)
    variances = [
        float(np.var(draw.normal(0, draw_deviation(draw), 20), ddof=1)) for _ in range(2_000)
    ]
    found = fit(variances, 19)
    assert found.deviation == pytest.approx(BETWEEN.deviation, rel=0.1)
    assert found.degrees == pytest.approx(BETWEEN.degrees, rel=0.25)
