"""The figure of the machine's drift: a dot for each speed probe, legible, with readable units."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from matplotlib.colors import to_hex

from harness.analysis import drift
from harness.analysis.drift import ProbeReading
from harness.presenting.figures.style import FAILED, INK
from tests.support.courses import STEADY, probes
from tests.support.drawings import Drawing, laid_out, outside, overlaps, strays
from tests.support.scenes import scene

pytestmark = pytest.mark.slow  # draws whole scenes

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


@cache
def drawing(course: str) -> Drawing:
    """Lay out the figure of a course, or all figures of a run without one."""
    readings = tuple(COURSES.get(course, ()))
    analysis = replace(scene(("noop",), models=("sequential", "asyncio")), probes=readings)
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
def test_every_probe_is_a_dot_within_the_panel(course: str) -> None:
    (axes,) = drawing(course).pages["drift"].figure.axes
    dots = [line for line in axes.get_lines() if line.get_marker() in ("o", "^", "v")]
    assert len(dots) == len(COURSES[course])
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    for dot in dots:
        ((x,), (y,)) = dot.get_data()
        assert left <= x <= right
        assert low <= y <= high
        is_beyond = abs(y) > drift.TOLERANCE
        assert to_hex(dot.get_color()) == (FAILED if is_beyond else INK)


def test_a_probe_far_off_is_drawn_at_the_edge_and_explained() -> None:
    page = drawing("two wild ones").pages["drift"]
    (axes,) = page.figure.axes
    assert [line.get_marker() for line in axes.get_lines()].count("^") == 2
    assert "Triangles: 2 probes beyond the edge, the furthest +320%." in page.words()


def test_probes_that_waited_are_hollow_and_explained() -> None:
    page = drawing("all waited").pages["drift"]
    faces = {to_hex(line.get_markerfacecolor()) for line in page.figure.axes[0].get_lines()[1:]}
    assert faces == {"#ffffff"}
    assert "Hollow: the probe waited for the processor" in page.words()
    assert "Hollow" not in drawing("steady").pages["drift"].words()


@pytest.mark.parametrize(
    ("course", "unit"), [("three", "seconds"), ("steady", "minutes"), ("over hours", "hours")]
)
def test_the_time_axis_has_a_readable_unit(course: str, unit: str) -> None:
    page = drawing(course).pages["drift"]
    assert page.figure.axes[0].get_xlabel() == f"{unit} since the first block"


def test_the_foot_does_not_explain_lines_that_are_not_there() -> None:
    pages = drawing("steady").pages
    assert "95% confidence interval" not in pages["drift"].words()
    assert "95% confidence interval" in pages["noop"].words()


def test_an_old_run_without_probes_has_no_such_figure() -> None:
    assert "drift" not in drawing("none").pages
