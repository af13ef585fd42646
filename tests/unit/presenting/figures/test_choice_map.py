"""The figure of a map: legible, safe to embed, and no stronger than its points."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.lines import Line2D

from harness.analysis.choice_map import finding, maps_of
from harness.presenting import figures
from harness.presenting.figures.style import LOOKS
from harness.presenting.report import svg
from tests.support.choice_maps import planted
from tests.support.drawings import Drawing, laid_out, outside, overlaps, strays

pytestmark = pytest.mark.slow  # draws whole scenes

NAMES = ("mixed-map-throughput", "mixed-map-p90")


@cache
def drawn() -> Drawing:
    return laid_out(planted(), only=NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_map_is_legible_and_its_title_is_the_finding(name: str) -> None:
    page = drawn().pages[name]
    assert drawn().warnings == []
    assert list(outside(page)) == []
    assert list(overlaps(page)) == []
    assert list(strays(page)) == []
    analysis = planted()
    one, *_ = maps_of(analysis, analysis.workloads["mixed"])[name.rpartition("-")[2]]
    assert page.title() == finding(one)
    titles = [axes.get_title("left") for axes in page.figure.axes]
    assert titles == ["all models, on 8 cores", "only Python, on 8 cores"]
    for word in ("threads\nonly up to here", "processes\nonly up to here", "requests at a time"):
        assert word in [text.get_text() for text, _ in page.texts]
    assert "1 of 10 ms" in page.words()


def test_each_measured_point_is_a_marker_and_only_clear_ones_are_filled() -> None:
    analysis = planted()
    one, *_ = maps_of(analysis, analysis.workloads["mixed"])["throughput"]
    axes = drawn().pages[NAMES[0]].figure.axes[0]
    markers = [line for line in axes.get_lines() if isinstance(line, Line2D)]
    assert len(markers) == len(one.points)
    for line, point in zip(markers, one.points, strict=True):
        look = LOOKS[point.cells[0].cell.model]
        assert line.get_marker() == look.marker
        filled = to_hex(line.get_markerfacecolor()) == look.colour
        assert filled == point.is_clear


def test_lines_hatch_what_is_tied_and_nothing_else() -> None:
    analysis = planted()
    one, *_ = maps_of(analysis, analysis.workloads["mixed"])["throughput"]
    axes = drawn().pages[NAMES[0]].figure.axes[0]
    (hatch,) = [drawing for drawing in axes.collections if isinstance(drawing, LineCollection)]
    ends = [end for segment in hatch.get_segments() for end in segment]
    assert len(ends) > 20
    for x, y in ends:
        share = x if x < 1 else 10 ** (x - 1)
        assert not one.read(min(share, 100), max(1, min(10**y, 10_000))).is_clear


def test_a_page_can_show_it_whole(tmp_path: Path) -> None:
    figures.draw(planted(), tmp_path, only=NAMES[:1], kinds=("svg",))
    text = (tmp_path / f"{NAMES[0]}.svg").read_text(encoding="utf-8")
    assert "<image" not in text
    safe = svg.make_safe(text, "f1-")
    for panel in ("f1-map-0", "f1-map-1"):
        assert f'id="{panel}"' in safe.content
    assert text.count("<path") - safe.content.count("<path") <= text.count("<marker")
