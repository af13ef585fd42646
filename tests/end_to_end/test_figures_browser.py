"""Figures as a browser shows them in a column of 800 pixels: all text whole, apart and readable.

The other tests measure boxes as matplotlib draws them, for a PNG. An SVG keeps its text as text,
and what that takes is decided by the browser in the end, and by the fonts that the reader has.
Where no Chromium is, these are skipped; continuous integration installs one.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from harness.presenting import figures
from tests.support import svgs
from tests.support.browser import Browser
from tests.support.drawings import svg_files
from tests.support.scenes import analysis_of

# All kinds of figure there are, and what is hardest to fit: long names, reasons and messages.
SCENES = (
    "many workloads",
    "a thorough run of a server",
    "a sweep with holes",
    "values below zero",
    "values of zero",
    "a very long message",
    "a workload of many words",
    "models from outside",
)
FONTS = ("", svgs.FALLBACK)


@pytest.mark.parametrize(
    ("scene", "font"),
    [pair for pair in product(SCENES, FONTS) if pair != ("many workloads", svgs.FALLBACK)],
)
def test_all_text_of_a_figure_can_be_read_at_the_width_of_a_page(
    chrome: Browser, tmp_path: Path, scene: str, font: str
) -> None:
    files = svg_files(scene)
    assert files
    assert svgs.complaints(chrome, files, tmp_path / "page.html", font) == {}


def test_the_scenes_have_every_kind_of_figure() -> None:
    names = {name for scene in SCENES for name in figures.names(analysis_of(scene))}
    found = {name.partition("-")[2] or name for name in names}
    kinds = {"overview", "drift", "scaling", "percentiles", "cases", "slopes", "ladder"}
    assert found >= kinds | {"over-message_bytes", "kitchen", "sumsquares"}


SHEET = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 100" width="400pt" height="100pt">'
    '<text style="font: 10px sans-serif" transform="translate(10 50)">first</text>{}</svg>'
)


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ('<text style="font: 10px sans-serif" x="380" y="50">cut off</text>', "cut: cut off"),
        ('<text style="font: 10px sans-serif" x="12" y="53">on it</text>', "overlap: first | on"),
        ('<text style="font: 3px sans-serif" x="200" y="50">tiny</text>', "6.00 px: tiny"),
        ('<text style="font: 10px sans-serif" x="{}" y="50">next</text>', "px apart: first | next"),
    ],
)
def test_what_cannot_be_read_is_found(
    chrome: Browser, tmp_path: Path, more: str, complaint: str
) -> None:
    blank = tmp_path / "page.html"
    assert svgs.complaints(chrome, {"good": SHEET.format("")}, blank) == {}
    end = chrome.run("document.querySelector('text').getBoundingClientRect().right")
    sheet = SHEET.format(more.format(end / 2 + 1))
    (found,) = svgs.complaints(chrome, {"bad": sheet}, blank)["bad"]
    assert complaint in found


def test_a_figure_names_what_stands_in_where_its_font_is_missing() -> None:
    for text in svg_files("only trio").values():
        assert "'DejaVu Sans', 'Verdana', sans-serif" in text
        assert text.count("<text") == text.count("'DejaVu Sans', 'Verdana', sans-serif")
