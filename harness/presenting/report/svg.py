"""Make SVGs safe to embed in a page: only shapes and text, and unique ids.

A run directory, and so the SVGs in it, may come from somebody else. Only elements and attributes
that are known to be harmless are copied.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
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
_DIGITS = re.compile(r"(\.\d\d)\d+")  # a screen shows less than hundredths of a point
_REFERENCE = re.compile(r"#([\w.:-]+)")
_SOUGHT = "map-"  # begins ids that the script of the page looks for
_NO_TURN = re.compile(r"rotate\(-?0(?:\.0*)?[ )]")
_SMALL_MOVE = ("rotate(", "translate(")  # transformations in which hundredths are enough
# Of a style that may stand in a sheet: nothing in it can end its rule or reach into the next.
_DECLARATION = re.compile(r"\s*[a-z-]+:\s*[\w#., %-]*(?:'[\w -]+'[\w#., %-]*)*")


class UnusableSvgError(ValueError):
    """The file is not an SVG that a page can show."""


@dataclass(frozen=True)
class SafeSvg:
    """An SVG that is safe to embed; sizes in points."""

    title: str
    width: float
    height: float
    content: Markup  # the elements inside <svg>
    title_height: float = 0.0  # from the top to the end of the title; 0: unknown
    top: float = 0.0  # where the part begins that is shown

    @property
    def view_box(self) -> str:
        """The value of the viewBox attribute."""
        return f"0 {self.top:g} {self.width:g} {self.height:g}"

    def without_title(self) -> SafeSvg:
        """Return it cut below its title, for a page that has the same sentence above it."""
        return replace(self, top=self.title_height, height=self.height - self.title_height)


class StyleSheet:
    """Styles of the elements of many SVGs, each written once: most of an SVG is repeated styles."""

    def __init__(self) -> None:
        self._classes: dict[str, str] = {}  # style -> class

    def class_of(self, style: str) -> str | None:
        """Return the class that has a style; None if the style must stay at its element."""
        if not all(map(_DECLARATION.fullmatch, style.rstrip("; ").split(";"))):
            return None
        return self._classes.setdefault(style, f"z{len(self._classes)}")

    @property
    def css(self) -> Markup:
        """The rules of all classes, which contain no markup."""
        return Markup("\n").join(  # each is checked by class_of
            Markup(f".{name}{{{style}}}")  # noqa: S704
            for style, name in self._classes.items()
        )


def make_safe(text: str, prefix: str, styles: StyleSheet | None = None) -> SafeSvg:
    """Read an SVG; every id in it that is used gets the prefix. Raises UnusableSvgError.

    With `styles`, elements get classes of that sheet instead of styles.
    """
    writer = _SafeWriter(prefix, frozenset(_REFERENCE.findall(text)), styles)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = writer.start
    parser.EndElementHandler = writer.end
    parser.CharacterDataHandler = writer.characters
    parser.EntityDeclHandler = _refuse_entities
    try:
        parser.Parse(text, True)  # noqa: FBT003 - the final chunk
    except expat.ExpatError as error:
        raise UnusableSvgError(f"it is not XML: {error}") from None
    if writer.size is None:
        raise UnusableSvgError("it has no size")
    return SafeSvg(
        " ".join("".join(writer.title).split()),
        *writer.size,
        Markup("").join(writer.parts),
        _title_height("".join(writer.source), writer.size[1]),
    )


def _title_height(text: str, height: float) -> float:
    """Return the height of the title that a figure of ours gives; 0 if it gives none."""
    try:
        found = float(text)
    except ValueError:
        return 0.0
    return found if 0 <= found < height / 2 else 0.0


def _refuse_entities(*_: object) -> None:
    raise UnusableSvgError("it declares entities")


@dataclass
class _SafeWriter:
    """Copies the harmless parts of an SVG."""

    prefix: str
    referenced: frozenset[str]
    styles: StyleSheet | None
    parts: list[Markup] = field(default_factory=list)
    title: list[str] = field(default_factory=list)
    source: list[str] = field(default_factory=list)
    size: tuple[float, float] | None = None
    _open: list[str] = field(default_factory=list)
    _ends: list[Markup] = field(default_factory=list)  # what ends each open element that was copied
    _ids: dict[str, int] = field(default_factory=dict)
    _skipped: int = 0  # depth inside an element that is left out

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._open.append(name)
        if self._skipped or name not in _ELEMENTS:
            self._skipped += 1
        elif len(self._open) == 1:
            self.size = _size(name, attributes.get("viewBox", ""))
        elif name != "svg":
            kept = [
                Markup(' {}="{}"').format(*safe)
                for key, value in attributes.items()
                if (safe := self._attribute(key, value)) is not None
            ]
            is_bare = name == "g" and not kept  # it would only hold others together
            if not is_bare:
                self.parts.append(Markup("<{}{}>").format(name, Markup("").join(kept)))
            self._ends.append(Markup("") if is_bare else Markup("</{}>").format(name))
        else:
            self._skipped += 1  # a nested <svg>

    def end(self, _name: str) -> None:
        if self._skipped:
            self._skipped -= 1
        elif len(self._open) > 1:
            self.parts.append(self._ends.pop())
        self._open.pop()

    def characters(self, text: str) -> None:
        if self._open[1:] == ["title"]:
            self.title.append(text)
        elif self._open[-1] == "dc:source":
            self.source.append(text)
        elif not self._skipped and text.strip():
            self.parts.append(escape(text))

    def _attribute(self, key: str, value: str) -> tuple[str, str] | None:
        """Return the name and the value of an attribute to write; None to drop it."""
        safe = self._safe(key, value)
        if key == "style" and safe and self.styles and (name := self.styles.class_of(safe)):
            return "class", name
        return None if safe is None else (key, safe)

    def _safe(self, key: str, value: str) -> str | None:
        """Return a safe value of an attribute; None to drop it."""
        if key in _LINKS:
            return f"#{self._own_id(value[1:])}" if value.startswith("#") else None
        if key not in _ATTRIBUTES:
            return None
        if key == "id":
            is_used = value in self.referenced or value.startswith(_SOUGHT)
            return self._own_id(value) if is_used and _ID.fullmatch(value) else None
        if "\\" in value or "@" in value or "url" in _OWN_URL.sub("", value).lower():
            return None
        if key == "transform" and _NO_TURN.match(value):
            return None
        if key in _OUTLINES or (key == "transform" and value.startswith(_SMALL_MOVE)):
            value = _DIGITS.sub(r"\1", " ".join(value.split()))
        return _OWN_URL.sub(lambda found: f"url(#{self._own_id(found[1])})", value)

    def _own_id(self, name: str) -> str:
        """Return the id that a page may have once: short, unless somebody looks for it."""
        if name.startswith(_SOUGHT):
            return self.prefix + name
        return f"{self.prefix}{self._ids.setdefault(name, len(self._ids))}"


def _size(name: str, view: str) -> tuple[float, float]:
    """Return width and height of an SVG. Raises UnusableSvgError."""
    try:
        left, top, width, height = map(float, view.split())
    except ValueError:
        raise UnusableSvgError(f"found the viewBox {view!r}, expected four numbers") from None
    if name != "svg" or (left, top) != (0, 0) or not (0 < width < 1e5 and 0 < height < 1e5):  # noqa: PLR2004
        raise UnusableSvgError(f"found a <{name}> with the viewBox {view!r}, expected one at 0 0")
    return width, height
