"""The sources of what was measured, as they were measured, in colour."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from markupsafe import Markup, escape
from pygments.lexers import get_lexer_for_filename
from pygments.lexers.special import TextLexer
from pygments.token import Comment, Keyword, Name, Number, String
from pygments.util import ClassNotFound

from harness.paths import ROOT

if TYPE_CHECKING:
    from pygments.lexer import Lexer

    from harness.results.records import Run

_LARGEST = 100_000  # bytes; an implementation is a few dozen lines
# Few colours, so that each can be told from the others and from both grounds.
_KINDS = (
    (Comment, "c"),
    (String, "s"),
    (Number, "m"),
    (Keyword, "k"),
    (Name.Function, "f"),
    (Name.Class, "f"),
    (Name.Decorator, "f"),
)


@dataclass(frozen=True)
class Source:
    """A file that was run; without its code there is a reason."""

    name: str
    code: Markup | None = None
    reason: str = ""


def read(run: Run, root: Path = ROOT) -> dict[str, Source]:
    """Return every source of a run by its name in it.

    The run knows their digests alone, so the files are looked for, and shown if they are the same.
    """
    outside = [Path(file).parent for file in run.runner_files]
    return {name: _source(name, digest, root, outside) for name, digest in run.sources.items()}


def _source(name: str, digest: str, root: Path, outside: list[Path]) -> Source:
    runner, colon, file = name.partition(": ")
    folders, file = (outside, file) if colon else ([root], runner)
    there = False
    for folder in folders:
        data = _data(folder, file)
        there = there or data is not None
        if data is not None and hashlib.sha256(data).hexdigest() == digest:
            text = data.decode("utf-8", errors="replace")
            return Source(name, highlighted(text, PurePosixPath(file).name))
    if there:
        return Source(name, reason="It has changed since it was measured, and so is not shown.")
    return Source(name, reason="It is not here any more, and so cannot be shown.")


def _data(folder: Path, file: str) -> bytes | None:
    """Return what is in a file below a folder; None where there is none, or no source."""
    try:
        path = (folder / file).resolve()
        inside = path.is_relative_to(folder.resolve())
        if not inside or not path.is_file() or path.stat().st_size > _LARGEST:
            return None
        return path.read_bytes()
    except (OSError, ValueError):
        return None


def highlighted(text: str, file: str) -> Markup:
    """Return a source with its parts marked by kind; `file` tells its language."""
    parts: list[tuple[str, list[str]]] = []
    for token, piece in _lexer(file).get_tokens(text):
        kind = next((kind for of, kind in _KINDS if of in token.split()), "")
        if not piece.strip() and parts:
            kind = parts[-1][0]  # space has no colour of its own
        if not parts or parts[-1][0] != kind:
            parts.append((kind, []))
        parts[-1][1].append(piece)
    return Markup("").join(
        Markup('<span class="{}">{}</span>').format(kind, "".join(pieces))
        if kind
        else escape("".join(pieces))
        for kind, pieces in parts
    )


def _lexer(file: str) -> Lexer:
    try:
        return get_lexer_for_filename(file, stripnl=False)
    except ClassNotFound:
        return TextLexer()
