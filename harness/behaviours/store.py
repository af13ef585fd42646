"""The file of observations, `behaviours.jsonl`: written line by line, never rewritten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.behaviours.question import Question, parse
from harness.behaviours.records import SCHEMA_VERSION, Heading, Observation
from harness.results.headed_file import HeadedFile

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FILE = "behaviours.jsonl"
_FILE = HeadedFile(FILE, Heading, Observation, SCHEMA_VERSION, "observations", "observe again")


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
    """Write the observations as they come, and return them. Raises Problem."""
    return Observed(heading, _FILE.write(folder, heading, observations))


def pack(folder: Path) -> None:
    """Compress the file in a folder, if there is one. Raises Problem."""
    _FILE.pack(folder)


def read(folder: Path) -> Observed | None:
    """Read the observations in a folder; None if there are none. Raises Problem."""
    found = _FILE.read(folder)
    return None if found is None else Observed(*found)
