"""How fast the machine was over a run, by the speed probe before each block."""

from __future__ import annotations

import random

import pytest

from harness.analysis import drift
from harness.analysis.analyse import analyse
from harness.analysis.drift import Spin
from tests.support.courses import STEADY, at, spins
from tests.support.factories import cell, run, trial


def test_the_course_is_in_the_order_of_time_and_passes_over_trials_without_a_spin() -> None:
    trials = [
        trial(block=1, started_at=at(9), spin_ns=6),
        trial("trio", block=0, started_at=at(1)),
        trial(block=0, started_at=at(0), spin_ns=5, spin_cpu_ns=4),
    ]
    assert drift.course(trials) == [Spin(at(0), 5, 4), Spin(at(9), 6, None)]


def test_the_analysis_holds_the_course_and_an_old_run_has_none() -> None:
    with_spins = [trial(block=n, started_at=at(n), spin_ns=5 + n) for n in range(3)]
    assert [one.wall_ns for one in analyse(run([cell()]), with_spins).spins] == [5, 6, 7]
    assert analyse(run([cell()]), [trial()]).spins == ()


def test_points_are_relative_to_the_first_and_to_the_median() -> None:
    found = drift.points([Spin(at(0), 100, 100), Spin(at(30), 110, 98), Spin(at(90.5), 90)])
    assert [one.seconds for one in found] == [0, 30, 90.5]
    assert [one.share for one in found] == pytest.approx([0, 0.1, -0.1])
    assert [one.waited for one in found] == [False, True, False]
    assert drift.points([]) == []


@pytest.mark.parametrize(
    ("walls", "words"),
    [
        (STEADY, "The machine was steady: within 3% in all of 40 spins"),
        (
            [*STEADY[:20], 9.0, 8.0, *STEADY[22:]],
            "The machine was steady: within 3% but for 2 of 40 spins",
        ),
        (
            [5.0, 5.3, 4.7, 5.0] * 10,
            "The machine was unsteady: 20 of 40 spins off by more than 3%",
        ),
        (
            [5 + 0.6 * index / 39 for index in range(40)],
            "The machine slowed by 7.8% over the run",
        ),
        (
            [5 - 0.6 * index / 39 for index in range(40)],
            "The machine became faster by 8.2% over the run",
        ),
        # A third in which some were disturbed is no trend, nor are fewer than nine spins.
        (
            [5.0] * 26 + [5.0, 5.4] * 7,
            "The machine was unsteady: 7 of 40 spins off by more than 3%",
        ),
        ([5.0] * 5 + [6.0], "The machine was steady: within 3% but for 1 of 6 spins"),
        ([5.0, 5.0, 5.5, 5.5], "The machine was unsteady: 4 of 4 spins off by more than 3%"),
    ],
)
def test_the_finding_says_no_more_than_the_spins_show(walls: list[float], words: str) -> None:
    assert drift.finding(spins(walls)) == words


def test_noise_is_not_often_taken_for_a_trend() -> None:
    draw = random.Random(1)
    said = [
        drift.finding(spins([draw.gauss(5, 0.4) for _ in range(30)])).split(" by ")[0]
        for _ in range(200)
    ]
    trends = [one for one in said if one.endswith(("slowed", "faster"))]
    assert len(trends) <= 10
