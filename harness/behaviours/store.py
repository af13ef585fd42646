"""The file of observations, `behaviours.jsonl`: written line by line, never rewritten."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from harness.behaviours.question import Question, parse
from harness.behaviours.records import SCHEMA_VERSION, Heading, Observation
from harness.errors import Exit, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FILE = "behaviours.jsonl"
_decoder: msgspec.json.Decoder[Heading | Observation] = msgspec.json.Decoder(Heading | Observation)
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


@dataclass(frozen=True)
class Observed:
    """The content of a file of observations."""

    heading: Heading
    observations: tuple[Observation, ...]

    @property
    def questions(self) -> dict[str, Question]:
        """The questions as they were asked."""
        return {id_: parse(text, id_, id_) for id_, text in self.heading.questions.items()}


def write(folder: Path, heading: Heading, observations: Iterable[Observation]) -> Observed:
    """Write the observations as they come, and return them. Raises Problem.

    They get their final name only when all are there, so that a file is always complete.
    """
    path, part = folder / FILE, folder / f".{FILE}.part"
    kept: list[Observation] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with part.open("wb", buffering=0) as file:
            file.write(msgspec.json.encode(heading) + b"\n")
            for observation in observations:
                file.write(msgspec.json.encode(observation) + b"\n")
                kept.append(observation)
        part.replace(path)
    except OSError as error:
        raise Problem(
            f"{path}: cannot be written: {error.strerror}; choose another directory with --out",
            Exit.NOT_POSSIBLE,
        ) from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return Observed(heading, tuple(kept))


def read(folder: Path) -> Observed | None:
    """Read the observations in a folder; None if there are none. Raises Problem."""
    path = folder / FILE
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Problem(f"{path}: cannot be read: {error.strerror}") from None
    try:
        heading, *observations = map(_decoder.decode, lines)
    except (*_UNREADABLE, ValueError) as error:
        raise Problem(f"{path}: not a file of observations: {error}") from None
    if not isinstance(heading, Heading) or heading.schema_version != SCHEMA_VERSION:
        raise Problem(
            f"{path}: found another heading, expected schema_version {SCHEMA_VERSION}; observe"
            " again, or read it with the Loombench that wrote it",
            Exit.NOT_POSSIBLE,
        )
    return Observed(heading, tuple(one for one in observations if isinstance(one, Observation)))
