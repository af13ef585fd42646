"""Texts that are nearly right: JSON documents, lines of them and TOML files with a few changes."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from functools import cache
from typing import Any

from hypothesis import strategies as st

ODD: list[Any] = [
    None, True, False, 0, -1, 1, 2, 255, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), 2**64,
    10**30, 0.0, -0.5, 1e-300, 1e300, "", " ", "0", "a", "asyncio", "default", "headline", "check",
    "ok", "\n", "\x1b[2J", "\u202e", "\ufeff", "x" * 3_000, "../../etc/passwd", "/", "\0",
    "%s", "{}", "[red]", "<script>", "2026-01-02T03:04:05+00:00", "elapsed_ns", "1/0", "9**9**9",
    "9999-12-31T23:59:59.999999-14:00", "tasks - tasks", "-" * 500 + "1", "(" * 200,
    [], {}, [[]], [None], {"": None}, ["", ""], {"a": {"b": []}}, [0] * 300, [1, 10, 10],
]  # fmt: skip
odd = st.one_of(
    st.sampled_from(ODD),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
)
damage = st.one_of(
    st.just(b""),
    st.binary(max_size=6),
    st.sampled_from(
        [b"\0", b"\xff\xfe", b"{", b"}", b"[" * 2_000, b'"', b"\n", b",", b"1e999", b"#"]
    ),
)
numbers = st.one_of(
    st.sampled_from([value for value in ODD if type(value) is int and abs(value) < 2**63]),
    st.integers(-(2**62), 2**62),
    st.integers(-3, 100),
)
Places = list[tuple[Any, Any]]  # a list or table of the document, and an index or key in it


def find_places(document: Any) -> Places:
    found: Places = []
    if isinstance(document, dict):
        found += [(document, key) for key in document]
    elif isinstance(document, list):
        found += [(document, index) for index in range(len(document))]
    return found + [place for one, key in list(found) for place in find_places(one[key])]


def _mutate(draw: st.DrawFn, document: Any) -> None:
    """Change one value of a document, or remove, repeat or move it."""
    places = find_places(document)
    if not places:
        return
    parent, key = places[draw(st.integers(0, len(places) - 1))]
    ways = [*["like it"] * 6, "odd", "remove", "repeat", "repeat", "move", "rename"]
    match draw(st.sampled_from(ways)):
        case "like it":
            parent[key] = draw(_like(parent[key], places))
        case "odd":
            parent[key] = deepcopy(draw(odd))
        case "remove":
            del parent[key]
        case "move":
            other, where = places[draw(st.integers(0, len(places) - 1))]
            parent[key] = deepcopy(other[where])
        case "repeat" if isinstance(parent, list):
            parent.insert(key, deepcopy(parent[key]))
        case "rename" if isinstance(parent, dict):
            parent[str(draw(odd))[:50]] = parent.pop(key)
        case _:
            parent[key] = [parent[key]]


def _like(value: Any, places: Places) -> st.SearchStrategy[Any]:
    """Return other values of the same type, which a reader takes more of than of others."""
    if isinstance(value, bool):
        return st.just(not value)
    if isinstance(value, int):
        return numbers
    if isinstance(value, float):
        return st.floats(allow_nan=False, allow_infinity=False)
    if isinstance(value, str):
        others = [parent[key] for parent, key in places if isinstance(parent[key], str)]
        texts = others + [one for one in ODD if isinstance(one, str)]
        return st.integers(0, len(texts) - 1).map(texts.__getitem__)
    return st.just(type(value)())


def _damage(draw: st.DrawFn, text: bytes) -> bytes:
    """Replace a part of a text."""
    begin = draw(st.integers(0, len(text)))
    end = draw(st.integers(begin, min(len(text), begin + 40)))
    return text[:begin] + draw(damage) + text[end:]


def encode(document: Any) -> bytes:
    return json.dumps(document).encode("utf-8", "surrogatepass")


@st.composite
def documents(draw: st.DrawFn, made: dict[str, Callable[[], Any]]) -> bytes:
    """JSON documents with a few changes, and seldom damaged text, below a line with their kind."""
    kind = draw(st.sampled_from(sorted(made)))
    document = made[kind]()
    for _ in range(draw(st.integers(0, 4))):
        _mutate(draw, document)
    text = encode(document)
    text = _damage(draw, text) if draw(st.integers(0, 9)) == 0 else text
    return kind.encode() + b"\n" + text


@st.composite
def line_files(draw: st.DrawFn, made: dict[str, Callable[[], list[Any]]]) -> bytes:
    """JSON documents, a line each, with a few changes, below a line with their kind."""
    kind = draw(st.sampled_from(sorted(made)))
    lines = made[kind]()
    for _ in range(draw(st.integers(0, 3))):
        if lines:
            _mutate(draw, lines[draw(st.integers(0, len(lines) - 1))])
    if draw(st.booleans()):
        _mutate(draw, lines)
    text = b"".join(encode(line) + b"\n" for line in lines)
    text = _damage(draw, text) if draw(st.integers(0, 9)) == 0 else text
    return kind.encode() + b"\n" + text


_VALUE = re.compile(r"^(\s*[^=\[\]#]+?=\s*)(.+)$")


@st.composite
def toml_files(draw: st.DrawFn, texts: Callable[[], list[str]]) -> bytes:
    """TOML files of which a few lines are changed, removed, repeated or moved."""
    lines = draw(st.sampled_from(texts())).splitlines()
    values = [found[2] for found in map(_VALUE.match, lines) if found]
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        ways = [*["like it"] * 6, "odd", "odd", "remove", "repeat", "move", "damage"]
        match draw(st.sampled_from(ways)):
            case "like it" if found := _VALUE.match(lines[at]):
                kind = _type_of(found[2])
                same = [one for one in [*values, *_ODD_TOML] if _type_of(one) is kind]
                lines[at] = found[1] + draw(st.sampled_from(same or values))
            case "odd" if found := _VALUE.match(lines[at]):
                value = draw(st.one_of(odd.map(_to_toml), st.sampled_from(_TOML)))
                lines[at] = found[1] + value
            case "remove" if len(lines) > 1:
                del lines[at]
            case "repeat":
                lines.insert(draw(st.integers(0, len(lines))), lines[at])
            case "move":
                lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(at))
            case _:
                lines[at] = _damage(draw, lines[at].encode()).decode("utf-8", "replace")
    text = "\n".join(lines).encode("utf-8", "replace")
    return _damage(draw, text) if draw(st.integers(0, 9)) == 0 else text


_TOML = [
    "nan", "inf", "-inf", "1979-05-27", "07:32:00", "1979-05-27T07:32:00Z", "0xdeadbeef",
    "[1, 'a']", "{ a = 1 }", "9" * 5_000, "'''\nx\n'''", "[[[[]]]]", "1_000_000_000_000",
    "'tasks ** tasks'", "'tasks ** 64 ** 2'", "'1e308 * 10 * tasks'", "'0 ** -1'",
    "'(-8) ** 0.5'", "'1 // 0'",
]  # fmt: skip


@cache
def _type_of(value: str) -> type:
    """Return the type of a TOML value; that of None if it is none."""
    with suppress(ValueError, RecursionError):
        return type(tomllib.loads(f"a = {value}")["a"])
    return type(None)


def _to_toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {_to_toml(v)}" for k, v in value.items()) + "}"
    return "''" if value is None else json.dumps(value)


_ODD_TOML = [*_TOML, *map(_to_toml, ODD)]
