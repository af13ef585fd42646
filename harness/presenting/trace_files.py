"""Writes the traces of a program: a figure and a Perfetto file for each model, and one of all."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from harness.errors import Exit, Problem
from harness.presenting import perfetto
from harness.presenting.figures import lanes, save, style

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.presenting.figures.lanes import Drawn

ALL = "all"  # name of the figure with every model


class Heading(NamedTuple):
    """What the figures of a program are called."""

    title: str
    question: str


def write(folder: Path, heading: Heading, drawn: Sequence[Drawn]) -> None:
    """Write all files. Raises Problem if that is not possible."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for one in drawn:
            content = perfetto.encode(one.trace, f"{heading.title} on {one.model}")
            _write_whole(folder / f"{one.model}.pftrace", content)
        with style.applied():
            for one in drawn:
                title = f"{heading.title} on {one.model}: who ran when"
                save(lanes.figure(title, heading.question, [one]), folder / f"{one.model}.png")
            if len(drawn) > 1:
                title = f"{heading.title}: who ran when, in each model"
                save(lanes.figure(title, heading.question, drawn), folder / f"{ALL}.png")
    except OSError as error:
        raise Problem(
            f"{folder}: traces cannot be written: {error.strerror}; free some space, or choose"
            " another directory with --out",
            Exit.NOT_POSSIBLE,
        ) from None


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file; on a full disk leave none rather than a part. Raises OSError."""
    try:
        path.write_bytes(content)
    except OSError:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise
