"""Scenes drawn once for all tests, with every text that was drawn and the room that it takes."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from unittest import mock

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from harness.analysis.analyse import Analysis
from harness.claims import ledger
from harness.claims.judge import judge_claims
from harness.presenting import figures
from tests.support.scenes import SCENES

# Two boxes that share this much of an inch at most only touch.
TOUCH_INCH = 0.012

every_scene = pytest.mark.parametrize("scene", SCENES)


@dataclass
class Page:
    """One figure as it was drawn for its PNG; boxes in pixels."""

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
    """A scene, drawn."""

    analysis: Analysis
    folder: Path
    paths: list[Path]
    pages: dict[str, Page]
    warnings: list[str]


@cache
def drawing(scene: str) -> Drawing:
    """Draw a scene with the function that people's figures are drawn with, and watch it."""
    folder = Path(tempfile.mkdtemp(prefix="loombench-drawings-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return drawn(SCENES[scene](), folder)


def drawn(analysis: Analysis, folder: Path) -> Drawing:
    pages: dict[str, Page] = {}
    page: Page | None = None
    save, draw_text = Figure.savefig, Text.draw

    def saving(figure: Figure, path: Path, **options: object) -> None:
        nonlocal page
        if options["format"] != "png":
            save(figure, path, **options)
            return
        name = path.name.removeprefix(".").partition(".")[0]
        page = Page(name, figure, Bbox.null())
        save(figure, path, **options)
        pages[name], page = page, None

    def drawing_text(text: Text, renderer: object) -> None:
        if page is not None and text.get_visible() and text.get_text().strip():
            # Not the text's own method: of an annotation, that counts the arrow in.
            page.texts.append((text, Text.get_window_extent(text, renderer)))
            page.bounds = Bbox(page.figure.bbox.get_points())
            page.panels = [(axes, Bbox(axes.bbox.get_points())) for axes in page.figure.axes]
        draw_text(text, renderer)

    with (
        mock.patch.object(Figure, "savefig", saving),
        mock.patch.object(Text, "draw", drawing_text),
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always")
        paths = figures.draw(analysis, folder, judge_claims(ledger.load(), analysis))
    return Drawing(analysis, folder, paths, pages, [str(one.message) for one in caught])


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
    touch = TOUCH_INCH * page.figure.dpi
    for index, (text, box) in enumerate(page.texts):
        for other, its_box in page.texts[index + 1 :]:
            if _shared(box, its_box, touch):
                yield text.get_text(), other.get_text()


def strays(page: Page) -> Iterator[str]:
    """Yield every text that reaches into a panel which is not its own."""
    touch = TOUCH_INCH * page.figure.dpi
    for text, box in page.texts:
        for axes, panel in page.panels:
            if text.axes is not axes and _shared(box, panel, touch):
                yield text.get_text()


def _shared(one: Bbox, other: Bbox, touch: float) -> bool:
    both = Bbox.intersection(one, other)
    return both is not None and both.width > touch and both.height > touch
