"""A file of JSON lines, a heading and its records: written completely or not at all.

In a run that is only read it may be compressed, with `.gz` after its name.
"""

from __future__ import annotations

import contextlib
import gzip
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

from harness.errors import Exit, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class _Versioned(msgspec.Struct):
    schema_version: int  # of heading and records


H = TypeVar("H")
R = TypeVar("R")


@dataclass(frozen=True)
class HeadedFile(Generic[H, R]):
    """Where such a file is in a folder, and what it holds."""

    name: str
    heading: type[H]  # a msgspec Struct with a tag, as is `record`; it has a schema_version
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

    def pack(self, folder: Path) -> None:
        """Compress the file; if there is none, remove an earlier compressed one. Raises Problem."""
        path, packed = folder / self.name, folder / f"{self.name}.gz"
        try:
            packed.unlink(missing_ok=True)
            if path.is_file():
                # Without a time, so that the same lines are the same file.
                packed.write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))
                path.unlink()
        except OSError as error:
            raise Problem(
                f"{packed}: cannot be written: {error.strerror}; free some space, and do it again",
                Exit.NOT_POSSIBLE,
            ) from None

    def read(self, folder: Path) -> tuple[H, tuple[R, ...]] | None:
        """Return heading and records; None if there is no such file. Raises Problem."""
        path, packed = folder / self.name, folder / f"{self.name}.gz"
        if packed.is_file() and not path.exists():
            path = packed
        try:
            data = path.read_bytes()
            first, *rest = (gzip.decompress(data) if path == packed else data).splitlines()
            self._check_version(path, first)
            heading = msgspec.json.decode(first, type=self.heading)
            decoder = msgspec.json.Decoder(self.record)
            records = tuple(map(decoder.decode, rest))
        except FileNotFoundError:
            return None
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise Problem(f"{path}: not a file of {self.content}: {error}") from None
        except OSError as error:
            raise Problem(f"{path}: cannot be read: {error.strerror}") from None
        except (ValueError, RecursionError) as error:  # msgspec's and Unicode's are ValueErrors
            raise Problem(f"{path}: not a file of {self.content}: {error}") from None
        return heading, records

    def _check_version(self, path: Path, first: bytes) -> None:
        """Refuse another schema, of which nothing else can be read. Raises Problem."""
        found = msgspec.json.decode(first, type=_Versioned).schema_version
        if found != self.schema_version:
            raise Problem(
                f"{path}: found schema_version {found}, expected {self.schema_version};"
                f" {self.redo}, or read it with the Loombench that wrote it",
                Exit.NOT_POSSIBLE,
            )
