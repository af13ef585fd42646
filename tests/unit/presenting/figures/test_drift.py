"""The figure of the machine's drift: a dot for each speed probe, legible, in units of people."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from matplotlib.colors import to_hex

from harness.analysis import drift
from harness.analysis.drift import Spin
from harness.presenting.figures.style import FAILED, INK
from tests.support.courses import STEADY, spins
from tests.support.drawings import Drawing, laid_out, outside, overlaps, strays
from tests.support.scenes import scene

COURSES: dict[str, list[Spin]] = {
    "steady": spins(STEADY),
    "two wild ones": spins([*STEADY[:20], 21.0, 14.0, *STEADY[22:]]),
    "slower and slower": spins([5 + index / 40 for index in range(60)], 30),
    "over hours": spins([5 + (index % 7) / 20 for index in range(80)], 200),
    "all waited": spins(STEADY, cpu=0.6),
    "three": spins([5, 5.1, 7]),
    "all alike": spins([5] * 10),
    "at one moment": spins([5, 6, 7], 0),
    "thousands": spins([5 + (index * 37 % 101) / 400 for index in range(1000)], 1.5),
}
every_course = pytest.mark.parametrize("course", COURSES)


@cache
def drawing(course: str) -> Drawing:
    """Lay out the figure of a course, or all figures of a run without one."""
    spins_ = tuple(COURSES.get(course, ()))
    analysis = replace(scene(("noop",), models=("sequential", "asyncio")), spins=spins_)
    return laid_out(analysis, only=None if course in ("none", "steady") else ("drift",))


@every_course
def test_the_figure_is_the_last_and_its_title_is_the_finding(course: str) -> None:
    it = drawing(course)
    assert it.names[-1] == "drift"
    assert it.warnings == []
    assert it.pages["drift"].title() == drift.finding(COURSES[course])


@every_course
def test_nothing_overlaps_or_is_cut(course: str) -> None:
    page = drawing(course).pages["drift"]
    assert [*outside(page), *overlaps(page), *strays(page)] == []


@every_course
def test_every_spin_is_a_dot_within_the_panel(course: str) -> None:
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


def test_a_wild_spin_is_drawn_at_the_edge_and_told() -> None:
    page = drawing("two wild ones").pages["drift"]
    (axes,) = page.figure.axes
    assert [line.get_marker() for line in axes.get_lines()].count("^") == 2
    assert "Triangles: 2 spins beyond the edge, the furthest +320%." in page.words()


def test_spins_that_waited_are_hollow_and_explained() -> None:
    page = drawing("all waited").pages["drift"]
    faces = {to_hex(line.get_markerfacecolor()) for line in page.figure.axes[0].get_lines()[1:]}
    assert faces == {"#ffffff"}
    assert "Hollow: the processor was not given to it" in page.words()
    assert "Hollow" not in drawing("steady").pages["drift"].words()


@pytest.mark.parametrize(
    ("course", "unit"), [("three", "seconds"), ("steady", "minutes"), ("over hours", "hours")]
)
def test_time_is_in_a_unit_of_people(course: str, unit: str) -> None:
    page = drawing(course).pages["drift"]
    assert page.figure.axes[0].get_xlabel() == f"{unit} since the first block"


def test_the_foot_does_not_explain_lines_that_are_not_there() -> None:
    pages = drawing("steady").pages
    assert "95% interval" not in pages["drift"].words()
    assert "95% interval" in pages["noop"].words()


def test_an_old_run_without_spins_has_no_such_figure() -> None:
    assert "drift" not in drawing("none").pages
