"""Scenes laid out once for all tests, with every text and the room that it takes.

Laying a figure out is half the work of drawing it. Tests that need files use `svg_files`, which
all processes of a test session share.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from harness.analysis.run_results import Analysis
from harness.claims import ledger
from harness.claims.judge import judge_claims
from harness.claims.judgement import JudgedClaim
from harness.presenting import figures
from tests.support import shared
from tests.support.scenes import LARGE, SCENES, analysis_of

# Two boxes that share this much of an inch at most only touch.
TOUCH_INCH = 0.012

Extents = NDArray[np.float64]
Shared = NDArray[np.bool_]

# The figures of large scenes are looked at in a browser.
every_scene = pytest.mark.parametrize("scene", [name for name in SCENES if name not in LARGE])
# The scenes that are laid out with their claims.
WITH_CLAIMS = (
    "each shape",
    "many workloads",
    "too few blocks",
    "one model always fails",
    "values of zero",
    "no Go",
    "nothing measured yet",
)


@dataclass
class Page:
    """One figure as it was laid out for its PNG; boxes in pixels."""

    name: str
    figure: Figure
    bounds: Bbox
    texts: list[tuple[Text, Bbox]] = field(default_factory=list)
    panels: list[tuple[Axes, Bbox]] = field(default_factory=list)

    def words(self) -> str:
        """Return all that can be read, lines and spaces made one."""
        return " ".join(" ".join(text.get_text() for text, _ in self.texts).split())

    def title(self) -> str:
        return " ".join(self.figure.texts[0].get_text().split())

    def ticks(self, axes: Axes, which: str) -> list[str]:
        """Return the tick labels of an axis that were drawn."""
        labels = {id(one) for one in getattr(axes, f"get_{which}ticklabels")()}
        return [text.get_text() for text, _ in self.texts if id(text) in labels]


@dataclass
class Drawing:
    """A scene, laid out; `names` are those of the files, in the order in which they are listed."""

    analysis: Analysis
    names: list[str]
    pages: dict[str, Page]
    warnings: list[str]


@cache
def drawing(scene: str) -> Drawing:
    """Lay a scene out with the function that draws people's figures."""
    analysis = analysis_of(scene)
    return laid_out(analysis, judge_claims(ledger.load(), analysis) if scene in WITH_CLAIMS else ())


def laid_out(
    analysis: Analysis, checked: Sequence[JudgedClaim] = (), only: Collection[str] | None = None
) -> Drawing:
    """Lay out the figures of a run, or only some of them, without drawing a picture."""
    pages: dict[str, Page] = {}
    page: Page | None = None
    draw_text = Text.draw

    def saving(figure: Figure, path: Path, **options: object) -> None:
        nonlocal page
        path.touch()
        name = path.name.removeprefix(".").partition(".")[0]
        figure.dpi = rcParams["savefig.dpi"]
        page = Page(name, figure, Bbox(figure.bbox.get_points()))
        figure.draw_without_rendering()
        page.panels = [(axes, Bbox(axes.bbox.get_points())) for axes in figure.axes]
        pages[name], page = page, None

    def drawing_text(text: Text, renderer: object) -> None:
        if page is not None and text.get_visible() and text.get_text().strip():
            # Not the text's own method: of an annotation, that counts the arrow in.
            page.texts.append((text, Text.get_window_extent(text, renderer)))
        draw_text(text, renderer)

    with (
        mock.patch.object(Figure, "savefig", saving),
        mock.patch.object(Text, "draw", drawing_text),
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always")
        with tempfile.TemporaryDirectory() as folder:
            paths = figures.draw(analysis, Path(folder), checked, only=only, kinds=("png",))
    names = [path.stem for path in paths]
    return Drawing(analysis, names, pages, [str(caution.message) for caution in caught])


@cache
def svg_files(scene: str) -> dict[str, str]:
    """Draw a scene once a session; return its SVG files by the names of their figures."""

    def draw(folder: Path) -> None:
        analysis = analysis_of(scene)
        figures.draw(analysis, folder, judge_claims(ledger.load(), analysis), kinds=("svg",))

    return read_svg_files(shared.made_once(scene, draw))


def read_svg_files(folder: Path) -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.svg"))}


def main_page(it: Drawing, workload: str) -> Page:
    return it.pages[workload]


def outside(page: Page) -> Iterator[str]:
    """Yield every text that leaves the sheet."""
    touch = TOUCH_INCH * page.figure.dpi
    for text, box in page.texts:
        if (
            box.x0 < page.bounds.x0 - touch
            or box.y0 < page.bounds.y0 - touch
            or box.x1 > page.bounds.x1 + touch
            or box.y1 > page.bounds.y1 + touch
        ):
            yield text.get_text()


def overlaps(page: Page) -> Iterator[tuple[str, str]]:
    """Yield every two texts that share room."""
    boxes = _extents([box for _, box in page.texts])
    shared = np.triu(_shared(boxes, boxes, TOUCH_INCH * page.figure.dpi), 1)
    for first, second in np.argwhere(shared):
        yield page.texts[first][0].get_text(), page.texts[second][0].get_text()


def strays(page: Page) -> Iterator[str]:
    """Yield every text that reaches into a panel which is not its own."""
    texts = _extents([box for _, box in page.texts])
    panels = _extents([panel for _, panel in page.panels])
    for index, panel in np.argwhere(_shared(texts, panels, TOUCH_INCH * page.figure.dpi)):
        text = page.texts[index][0]
        if text.axes is not page.panels[panel][0]:
            yield text.get_text()


def _extents(boxes: Sequence[Bbox]) -> Extents:
    """Return the corners of boxes, of the shape (n, 2, 2): box, low or high, x or y."""
    return np.array([box.extents for box in boxes]).reshape(-1, 2, 2)


def _shared(these: Extents, those: Extents, touch: float) -> Shared:
    """Tell of every two boxes whether they share more than `touch` pixels both ways."""
    low = np.maximum(these[:, None, 0], those[None, :, 0])
    high = np.minimum(these[:, None, 1], those[None, :, 1])
    return np.all(high - low > touch, axis=-1)
