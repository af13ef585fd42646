"""A figure as it may stand inside a page: only shapes and text, and ids that no other has.

A run directory can be somebody else's, and so can the drawings in it. What is known to be harmless
is written anew; nothing else is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from markupsafe import Markup, escape

_ELEMENTS = frozenset(
    {"svg", "g", "defs", "clipPath", "path", "use", "text", "tspan"}
    | {"rect", "circle", "ellipse", "line", "polyline", "polygon"}
)
_ATTRIBUTES = frozenset(
    {"id", "d", "transform", "x", "y", "dx", "dy", "width", "height", "points", "style"}
    | {"cx", "cy", "r", "rx", "ry", "x1", "x2", "y1", "y2", "clip-path", "opacity"}
    | {"fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "text-anchor"}
)
_LINKS = ("href", "xlink:href")
_OUTLINES = frozenset({"d", "points", "x", "y", "cx", "cy"})
_ID = re.compile(r"[\w.:-]+")
_OWN_URL = re.compile(r"url\(\s*#([\w.:-]+)\s*\)")
_FINE = re.compile(r"(\.\d\d)\d+")  # hundredths of a point are more than a screen shows


class NoFigureError(ValueError):
    """The file is no drawing that can be shown."""


@dataclass(frozen=True)
class Figure:
    """A drawing, ready for a page."""

    title: str
    width: float  # points; with the height, what room it takes before it is drawn
    height: float
    inside: Markup

    @property
    def view(self) -> str:
        """What stands in the viewBox."""
        return f"0 0 {self.width:g} {self.height:g}"


def read(text: str, prefix: str) -> Figure:
    """Read a drawing; `prefix` begins every id in it. Raises NoFigureError."""
    writer = _Writer(prefix)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = writer.start
    parser.EndElementHandler = writer.end
    parser.CharacterDataHandler = writer.characters
    parser.EntityDeclHandler = _no_entities
    try:
        parser.Parse(text, True)  # noqa: FBT003 - that this is all of it
    except expat.ExpatError as error:
        raise NoFigureError(f"it is not XML: {error}") from None
    if writer.size is None:
        raise NoFigureError("it has no size")
    return Figure(
        " ".join("".join(writer.title).split()),
        *writer.size,
        Markup("").join(writer.parts),
    )


def _no_entities(*_: object) -> None:
    raise NoFigureError("it declares entities")


@dataclass
class _Writer:
    """Writes what is harmless of a drawing."""

    prefix: str
    parts: list[Markup] = field(default_factory=list)
    title: list[str] = field(default_factory=list)
    size: tuple[float, float] | None = None
    _open: list[str] = field(default_factory=list)
    _left_out: int = 0  # how deep in something that is

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._open.append(name)
        if self._left_out or name not in _ELEMENTS:
            self._left_out += 1
        elif len(self._open) == 1:
            self.size = _size(name, attributes.get("viewBox", ""))
        elif name != "svg":
            kept = [
                Markup(' {}="{}"').format(key, safe)
                for key, value in attributes.items()
                if (safe := self._safe(key, value)) is not None
            ]
            self.parts.append(Markup("<{}{}>").format(name, Markup("").join(kept)))
        else:
            self._left_out += 1  # a drawing in a drawing

    def end(self, name: str) -> None:
        if self._left_out:
            self._left_out -= 1
        elif len(self._open) > 1:
            self.parts.append(Markup("</{}>").format(name))
        self._open.pop()

    def characters(self, text: str) -> None:
        if self._open[1:] == ["title"]:
            self.title.append(text)
        elif not self._left_out and text.strip():
            self.parts.append(escape(text))

    def _safe(self, key: str, value: str) -> str | None:
        """Return what an attribute may say, None where it may not be there."""
        if key in _LINKS:
            return f"#{self.prefix}{value[1:]}" if value.startswith("#") else None
        if key not in _ATTRIBUTES:
            return None
        if key == "id":
            return self.prefix + value if _ID.fullmatch(value) else None
        if "\\" in value or "@" in value or "url" in _OWN_URL.sub("", value).lower():
            return None
        if key in _OUTLINES:
            value = _FINE.sub(r"\1", value)
        return _OWN_URL.sub(rf"url(#{self.prefix}\1)", value)


def _size(name: str, view: str) -> tuple[float, float]:
    """Return width and height of a drawing. Raises NoFigureError."""
    try:
        left, top, width, height = map(float, view.split())
    except ValueError:
        raise NoFigureError(f"found the viewBox {view!r}, expected four numbers") from None
    if name != "svg" or (left, top) != (0, 0) or not (0 < width < 1e5 and 0 < height < 1e5):  # noqa: PLR2004
        raise NoFigureError(f"found a <{name}> with the viewBox {view!r}, expected one at 0 0")
    return width, height
