"""The source code that was measured, with syntax colours."""

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
    from collections.abc import Iterable, Mapping

    from pygments.lexer import Lexer

    from harness.results.records import Run

_LARGEST = 100_000  # bytes; an implementation is a few dozen lines
# Few colours, so that each is distinct on a light and on a dark background.
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
class SourceFile:
    """A file that was measured: its code, or the reason why it is missing."""

    name: str
    code: Markup | None = None
    reason: str = ""


def read_sources(run: Run, root: Path = ROOT) -> dict[str, SourceFile]:
    """Return every source file of a run, by its name in the run.

    A run stores only digests, so a file is shown if it still has the digest of the run.
    """
    return find_sources(run.sources, run.runner_files, root)


def find_sources(
    digests: Mapping[str, str], runner_files: Iterable[str] = (), root: Path = ROOT
) -> dict[str, SourceFile]:
    """Return each file that still has its digest; `digests` are by name in the run."""
    external = [Path(file).parent for file in runner_files]
    return {name: _find_source(name, digest, root, external) for name, digest in digests.items()}


def _find_source(name: str, digest: str, root: Path, external: list[Path]) -> SourceFile:
    runner, colon, file = name.partition(": ")
    folders, file = (external, file) if colon else ([root], runner)
    exists = False
    for folder in folders:
        data = _read_below(folder, file)
        exists = exists or data is not None
        if data is not None and hashlib.sha256(data).hexdigest() == digest:
            text = data.decode("utf-8", errors="replace")
            return SourceFile(name, highlight(text, PurePosixPath(file).name))
    if exists:
        return SourceFile(name, reason="Not shown: the file has changed since it was measured.")
    return SourceFile(name, reason="Not shown: the file does not exist any more.")


def _read_below(folder: Path, file: str) -> bytes | None:
    """Return the content of a file below a folder; None if it is missing, outside or too large."""
    try:
        path = (folder / file).resolve()
        inside = path.is_relative_to(folder.resolve())
        if not inside or not path.is_file() or path.stat().st_size > _LARGEST:
            return None
        return path.read_bytes()
    except (OSError, ValueError):
        return None


def highlight(text: str, file: str) -> Markup:
    """Return code as HTML with a class for each kind of token; `file` decides the language."""
    parts: list[tuple[str, list[str]]] = []
    for token, piece in _lexer(file).get_tokens(text):
        kind = next((kind for parent, kind in _KINDS if parent in token.split()), "")
        if not piece.strip() and parts:
            kind = parts[-1][0]  # whitespace has no colour
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
