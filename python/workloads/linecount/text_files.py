"""The text files of a case and the job of one file: the same in every model."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from runner.proof import Place, current_place
from runner.work import Params

TEXT = "the quick brown fox jumps over the lazy dog"


class Count(NamedTuple):
    """The lines of a file, and where they were counted."""

    lines: int
    place: Place


def count_lines(path: Path) -> Count:
    with path.open(encoding="utf-8") as file:
        return Count(sum(1 for _ in file), current_place())


@contextmanager
def make_files(params: Params) -> Iterator[list[Path]]:
    """Write text files and read each once; file k, counted from 1, has k lines more than asked."""
    with TemporaryDirectory(prefix="loombench-") as folder:
        paths = [Path(folder, f"file{number}.txt") for number in range(1, params.files + 1)]
        lines = [f"{i} {TEXT[: i % 40]}\n" for i in range(params.lines + params.files)]
        for number, path in enumerate(paths, 1):
            path.write_text("".join(lines[: params.lines + number]), encoding="utf-8")
            path.read_bytes()
        yield paths
