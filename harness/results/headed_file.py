"""A file of JSON lines, a heading and its records: written completely or not at all."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import msgspec

from harness.errors import Exit, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class Versioned(Protocol):
    """A heading: it says which schema the file has."""

    @property
    def schema_version(self) -> int:
        """The schema of heading and records."""


H = TypeVar("H", bound=Versioned)
R = TypeVar("R")


@dataclass(frozen=True)
class HeadedFile(Generic[H, R]):
    """Where such a file is in a folder, and what it holds."""

    name: str
    heading: type[H]  # a msgspec Struct with a tag, as is `record`
    record: type[R]
    schema_version: int
    content: str  # `traces`, for messages
    redo: str  # `record again`, for messages

    def write(self, folder: Path, heading: H, records: Iterable[R]) -> tuple[R, ...]:
        """Write the records as they come, and return them. Raises Problem.

        The file gets its name only when all are there.
        """
        path, part = folder / self.name, folder / f".{self.name}.part"
        kept: list[R] = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with part.open("wb", buffering=0) as file:
                file.write(msgspec.json.encode(heading) + b"\n")
                for record in records:
                    file.write(msgspec.json.encode(record) + b"\n")
                    kept.append(record)
            part.replace(path)
        except OSError as error:
            raise Problem(
                f"{path}: cannot be written: {error.strerror}; choose another directory with --out",
                Exit.NOT_POSSIBLE,
            ) from None
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
        return tuple(kept)

    def read(self, folder: Path) -> tuple[H, tuple[R, ...]] | None:
        """Return heading and records; None if there is no such file. Raises Problem."""
        path = folder / self.name
        try:
            first, *rest = path.read_bytes().splitlines()
            heading = msgspec.json.decode(first, type=self.heading)
            decoder = msgspec.json.Decoder(self.record)
            records = tuple(map(decoder.decode, rest))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Problem(f"{path}: cannot be read: {error.strerror}") from None
        except (ValueError, RecursionError) as error:  # msgspec's and Unicode's are ValueErrors
            raise Problem(f"{path}: not a file of {self.content}: {error}") from None
        if heading.schema_version != self.schema_version:
            raise Problem(
                f"{path}: found another heading, expected schema_version {self.schema_version};"
                f" {self.redo}, or read it with the Loombench that wrote it",
                Exit.NOT_POSSIBLE,
            )
        return heading, records
