"""The spin before each block: how it is taken, what it says of the machine, and how it is drawn."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from matplotlib.colors import to_hex

from harness.analysis import drift
from harness.analysis.analyse import analyse
from harness.analysis.drift import ProbeReading
from harness.catalog.contestant import Contestant
from harness.measuring import trials
from harness.measuring.machine import speed_probe
from harness.measuring.plan import Block
from harness.presenting.figures.style import FAILED, INK
from harness.results.records import Cell, Trial
from tests.support.drawings import Drawing, drawn, outside, overlaps, strays
from tests.support.factories import cell, run, trial
from tests.support.planted.bench import bench
from tests.support.scenes import scene

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

MS = 1_000_000


def at(second: float) -> str:
    minutes, seconds = divmod(second, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"2026-01-02T{3 + hours:02}:{minutes:02}:{seconds:06.3f}+00:00"


def probes(walls: Sequence[float], every_s: float = 6, cpu: float = 1.0) -> list[ProbeReading]:
    """Return probes that took so many milliseconds, one every so many seconds."""
    return [
        ProbeReading(at(index * every_s), round(wall * MS), round(wall * MS * cpu))
        for index, wall in enumerate(walls)
    ]


# --- taken


def test_a_spin_takes_time_and_no_more_of_the_processor_than_there_was() -> None:
    one = speed_probe.run_probe()
    assert one.wall_ns > 0
    assert one.cpu_ns > 0


class Silent:
    """An observer who does not look."""

    def starting(self, block: Block, position: int) -> None:
        pass

    def waiting(self) -> None:
        pass

    def ended(self, trial: Trial) -> None:
        pass


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Trial]]:
    """Run two blocks of two cells; probes take 1 ms, then 2, and so on."""
    numbers = iter(range(1, 100))
    monkeypatch.setattr(trials, "run_probe", lambda: speed_probe.SpeedProbe(next(numbers) * MS, 7))

    def run_blocks(done: set[tuple[int, Cell]]) -> list[Trial]:
        cells = (
            Cell(Contestant("planted", "good"), "check"),
            Cell(Contestant("planted", "exit_at_once"), "check"),
        )
        stored: list[Trial] = []
        trials.run_blocks(
            bench().trial_runner,
            [bench().block(0, cells), bench().block(1, cells)],
            lambda *trial: trial in done,
            float("inf"),
            stored.append,
            Silent(),
        )
        return stored

    return run_blocks


def test_the_first_trial_of_each_block_has_a_spin_and_no_other(
    measured: Callable[..., list[Trial]],
) -> None:
    found = [(one.block, one.position, one.probe_ns, one.probe_cpu_ns) for one in measured(set())]
    assert found == [(0, 0, MS, 7), (0, 1, None, None), (1, 0, 2 * MS, 7), (1, 1, None, None)]


def test_a_block_that_is_gone_on_with_is_not_spun_for_again(
    measured: Callable[..., list[Trial]],
) -> None:
    begun = {(0, Cell(Contestant("planted", "good"), "check"))}
    found = [(one.block, one.position, one.probe_ns) for one in measured(begun)]
    assert found == [(0, 1, None), (1, 0, MS), (1, 1, None)]


# --- its course


def test_the_course_is_in_the_order_of_time_and_passes_over_trials_without_a_spin() -> None:
    trials = [
        trial(block=1, started_at=at(9), probe_ns=6),
        trial("trio", block=0, started_at=at(1)),
        trial(block=0, started_at=at(0), probe_ns=5, probe_cpu_ns=4),
    ]
    assert drift.probe_readings(trials) == [ProbeReading(at(0), 5, 4), ProbeReading(at(9), 6, None)]


def test_the_analysis_holds_the_course_and_an_old_run_has_none() -> None:
    with_spins = [trial(block=n, started_at=at(n), probe_ns=5 + n) for n in range(3)]
    assert [one.wall_ns for one in analyse(run([cell()]), with_spins).probes] == [5, 6, 7]
    assert analyse(run([cell()]), [trial()]).probes == ()


def test_points_are_relative_to_the_first_and_to_the_median() -> None:
    found = drift.points(
        [ProbeReading(at(0), 100, 100), ProbeReading(at(30), 110, 98), ProbeReading(at(90.5), 90)]
    )
    assert [one.seconds for one in found] == [0, 30, 90.5]
    assert [one.share for one in found] == pytest.approx([0, 0.1, -0.1])
    assert [one.waited for one in found] == [False, True, False]
    assert drift.points([]) == []


STEADY = [5.0, 5.05, 4.95, 5.1, 4.9] * 8


@pytest.mark.parametrize(
    ("walls", "words"),
    [
        (STEADY, "The machine was steady: within 3% in all of 40 probes"),
        (
            [*STEADY[:20], 9.0, 8.0, *STEADY[22:]],
            "The machine was steady: within 3% but for 2 of 40 probes",
        ),
        (
            [5.0, 5.3, 4.7, 5.0] * 10,
            "The machine was unsteady: 20 of 40 probes off by more than 3%",
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
            "The machine was unsteady: 7 of 40 probes off by more than 3%",
        ),
        ([5.0] * 5 + [6.0], "The machine was steady: within 3% but for 1 of 6 probes"),
        ([5.0, 5.0, 5.5, 5.5], "The machine was unsteady: 4 of 4 probes off by more than 3%"),
    ],
)
def test_the_finding_says_no_more_than_the_spins_show(walls: list[float], words: str) -> None:
    assert drift.finding(probes(walls)) == words


def test_noise_is_not_often_taken_for_a_trend() -> None:
    draw = random.Random(1)
    said = [
        drift.finding(probes([draw.gauss(5, 0.4) for _ in range(30)])).split(" by ")[0]
        for _ in range(200)
    ]
    trends = [one for one in said if one.endswith(("slowed", "faster"))]
    assert len(trends) <= 10


# --- drawn

COURSES: dict[str, list[ProbeReading]] = {
    "steady": probes(STEADY),
    "two wild ones": probes([*STEADY[:20], 21.0, 14.0, *STEADY[22:]]),
    "slower and slower": probes([5 + index / 40 for index in range(60)], 30),
    "over hours": probes([5 + (index % 7) / 20 for index in range(80)], 200),
    "all waited": probes(STEADY, cpu=0.6),
    "three": probes([5, 5.1, 7]),
    "all alike": probes([5] * 10),
    "at one moment": probes([5, 6, 7], 0),
    "thousands": probes([5 + (index * 37 % 101) / 400 for index in range(1000)], 1.5),
}
every_course = pytest.mark.parametrize("course", COURSES)


@pytest.fixture(scope="module")
def drawing(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Drawing]:
    small = scene(("noop",), models=("sequential", "asyncio"))
    known: dict[str, Drawing] = {}

    def draw(course: str) -> Drawing:
        if course not in known:
            analysis = replace(small, probes=tuple(COURSES.get(course, ())))
            known[course] = drawn(analysis, tmp_path_factory.mktemp("drift"))
        return known[course]

    return draw


@every_course
def test_the_figure_is_the_last_and_its_title_is_the_finding(
    drawing: Callable[[str], Drawing], course: str
) -> None:
    it = drawing(course)
    assert it.paths[-1].name == "drift.png"
    assert it.warnings == []
    assert it.pages["drift"].title() == drift.finding(COURSES[course])


@every_course
def test_nothing_overlaps_or_is_cut(drawing: Callable[[str], Drawing], course: str) -> None:
    page = drawing(course).pages["drift"]
    assert [*outside(page), *overlaps(page), *strays(page)] == []


@every_course
def test_every_spin_is_a_dot_within_the_panel(
    drawing: Callable[[str], Drawing], course: str
) -> None:
    (axes,) = drawing(course).pages["drift"].figure.axes
    dots = [line for line in axes.get_lines() if line.get_marker() in ("o", "^", "v")]
    assert len(dots) == len(COURSES[course])
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    for dot in dots:
        ((x,), (y,)) = dot.get_data()
        assert left <= x <= right
        assert low <= y <= high
        is_noted = abs(y) > drift.NOTED
        assert to_hex(dot.get_color()) == (FAILED if is_noted else INK)


def test_a_wild_spin_is_drawn_at_the_edge_and_told(drawing: Callable[[str], Drawing]) -> None:
    page = drawing("two wild ones").pages["drift"]
    (axes,) = page.figure.axes
    assert [line.get_marker() for line in axes.get_lines()].count("^") == 2
    assert "Triangles: 2 probes beyond the edge, the furthest +320%." in page.words()


def test_spins_that_waited_are_hollow_and_explained(drawing: Callable[[str], Drawing]) -> None:
    page = drawing("all waited").pages["drift"]
    faces = {to_hex(line.get_markerfacecolor()) for line in page.figure.axes[0].get_lines()[1:]}
    assert faces == {"#ffffff"}
    assert "Hollow: the processor was not given to it" in page.words()
    assert "Hollow" not in drawing("steady").pages["drift"].words()


@pytest.mark.parametrize(
    ("course", "unit"), [("three", "seconds"), ("steady", "minutes"), ("over hours", "hours")]
)
def test_time_is_in_a_unit_of_people(
    drawing: Callable[[str], Drawing], course: str, unit: str
) -> None:
    page = drawing(course).pages["drift"]
    assert page.figure.axes[0].get_xlabel() == f"{unit} since the first block"


def test_the_foot_does_not_explain_lines_that_are_not_there(
    drawing: Callable[[str], Drawing],
) -> None:
    pages = drawing("steady").pages
    assert "95% interval" not in pages["drift"].words()
    assert "95% interval" in pages["noop"].words()


def test_an_old_run_without_spins_has_no_such_figure(drawing: Callable[[str], Drawing]) -> None:
    assert "drift" not in drawing("none").pages


def test_a_stored_trial_without_a_spin_does_not_mention_one(tmp_path: Path) -> None:
    from harness.results import store

    writer = store.RunWriter.create(tmp_path, run([cell()]))
    writer.append(trial())
    writer.append(trial(block=1, probe_ns=5))
    writer.close()
    lines = (writer.folder / store.TRIALS_FILE).read_text().splitlines()
    assert ["probe_ns" in json.loads(line) for line in lines] == [False, True]
    assert [one.probe_ns for one in store.read_trials(writer.folder, [])] == [None, 5]
