"""The files of a case, the job of one file, and the answer: the same in every model."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple

from runner.proof import Place, current_place
from runner.work import Params
from workloads.fileread import page_cache


class Reading(NamedTuple):
    """What a job found, and where it ran."""

    digest: bytes
    place: Place


class Files(NamedTuple):
    """All files of a case; file k is the k-th of `paths`, counted from 1."""

    paths: list[Path]
    number_of: dict[bytes, int]  # digest -> k

    def add_numbers(self, readings: Iterable[Reading]) -> int:
        """Return the sum of the numbers of all files that were read, each counted once."""
        return sum({self.number_of.get(reading.digest, 0) for reading in readings})


def digest_file(path: Path) -> Reading:
    return Reading(sha256(path.read_bytes()).digest(), current_place())


@contextmanager
def make_files(params: Params) -> Iterator[Files]:
    """Write files of random bytes; leave them in the page cache, or outside it if `cold`."""
    with TemporaryDirectory(prefix="loombench-") as folder:
        files = Files([], {})
        for number in range(1, params.files + 1):
            path = Path(folder, f"file{number}")
            content = Random(number).randbytes(params.file_bytes)
            path.write_bytes(content)
            path.read_bytes()  # from now on it is in the page cache
            files.paths.append(path)
            files.number_of[sha256(content).digest()] = number
        if params.text("cache") == "cold":
            for path in files.paths:
                page_cache.drop(path)
        yield files
