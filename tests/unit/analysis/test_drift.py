"""How fast the machine was over a run, by the speed probe before each block."""

from __future__ import annotations

import random

import pytest

from harness.analysis import drift
from harness.analysis.analyse import analyse
from harness.analysis.drift import ProbeReading
from tests.support.courses import STEADY, at, probes
from tests.support.factories import cell, run, trial


def test_readings_keep_the_order_of_trials_and_skip_those_without_a_probe() -> None:
    trials = [
        trial(block=0, started_at=at(9), probe_ns=6),
        trial("trio", block=0, started_at=at(10)),
        trial(block=1, started_at=at(0), probe_ns=5, probe_cpu_ns=4),
    ]
    assert drift.probe_readings(trials) == [ProbeReading(at(9), 6, None), ProbeReading(at(0), 5, 4)]


def test_no_time_passes_where_the_clock_was_set_back() -> None:  # R9
    found = drift.points([ProbeReading(at(s), 100) for s in (100, 130, 10, 40)])
    assert [point.seconds for point in found] == [0, 30, 30, 60]


def test_an_analysis_has_the_readings_of_its_run_and_an_old_run_has_none() -> None:
    with_probes = [trial(block=n, started_at=at(n), probe_ns=5 + n) for n in range(3)]
    assert [reading.wall_ns for reading in analyse(run([cell()]), with_probes).probes] == [5, 6, 7]
    assert analyse(run([cell()]), [trial()]).probes == ()


def test_points_are_relative_to_the_first_and_to_the_median() -> None:
    found = drift.points(
        [ProbeReading(at(0), 100, 100), ProbeReading(at(30), 110, 98), ProbeReading(at(90.5), 90)]
    )
    assert [point.seconds for point in found] == [0, 30, 90.5]
    assert [point.share for point in found] == pytest.approx([0, 0.1, -0.1])
    assert [point.waited for point in found] == [False, True, False]
    assert drift.points([]) == []


@pytest.mark.parametrize(
    ("walls", "words"),
    [
        (STEADY, "The machine was steady: within 3% in all of 40 speed probes"),
        (
            [*STEADY[:20], 9.0, 8.0, *STEADY[22:]],
            "The machine was steady: within 3% except in 2 of 40 speed probes",
        ),
        (
            [5.0, 5.3, 4.7, 5.0] * 10,
            "The machine was unsteady: 20 of 40 speed probes off by more than 3%",
        ),
        (
            [5 + 0.6 * index / 39 for index in range(40)],
            "The machine slowed by 7.8% over the run",
        ),
        (
            [5 - 0.6 * index / 39 for index in range(40)],
            "The machine became faster by 8.2% over the run",
        ),
        # A third in which some were disturbed is no trend, nor are fewer than nine probes.
        (
            [5.0] * 26 + [5.0, 5.4] * 7,
            "The machine was unsteady: 7 of 40 speed probes off by more than 3%",
        ),
        ([5.0] * 5 + [6.0], "The machine was steady: within 3% except in 1 of 6 speed probes"),
        ([5.0, 5.0, 5.5, 5.5], "The machine was unsteady: 4 of 4 speed probes off by more than 3%"),
    ],
)
def test_the_finding_says_no_more_than_the_probes_show(walls: list[float], words: str) -> None:
    assert drift.finding(probes(walls)) == words


def test_noise_is_rarely_reported_as_a_trend() -> None:
    draw = random.Random(1)
    said = [
        drift.finding(probes([draw.gauss(5, 0.4) for _ in range(30)])).split(" by ")[0]
        for _ in range(200)
    ]
    trends = [sentence for sentence in said if sentence.endswith(("slowed", "faster"))]
    assert len(trends) <= 10
