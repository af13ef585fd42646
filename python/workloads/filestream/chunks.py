"""The file of a case, what a chunk of it is worth, and the job that reads all chunks."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from runner.proof import Place, current_place
from runner.work import Params

BLOCK_BYTES = 1024


class Streamed(NamedTuple):
    """The sum over all chunks of a file, and where they were read."""

    total: int
    place: Place


def value_of(chunk: bytes) -> int:
    """Return the length of a chunk plus the number of its first block: its place in the file."""
    return len(chunk) + int.from_bytes(chunk[:8], "little")


def open_file(path: Path) -> FileIO:
    return path.open("rb", buffering=0)


def read_chunk(file: FileIO, size: int) -> tuple[bytes, Place]:
    """Return a chunk, and where it was read."""
    return file.read(size), current_place()


def stream(path: Path, chunks: int, size: int) -> Streamed:
    """Read a file from beginning to end in chunks of `size` bytes."""
    with open_file(path) as file:
        return Streamed(sum(value_of(file.read(size)) for _ in range(chunks)), current_place())


@contextmanager
def make_file(params: Params) -> Iterator[Path]:
    """Write a file of blocks that begin with their number, and read it once."""
    with TemporaryDirectory(prefix="loombench-") as folder:
        path = Path(folder, "file")
        blocks = range(params.file_bytes // BLOCK_BYTES)
        path.write_bytes(b"".join(k.to_bytes(BLOCK_BYTES, "little") for k in blocks))
        path.read_bytes()
        yield path
