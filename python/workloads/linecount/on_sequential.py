"""One file after the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.work import Params, Probe
from workloads.fileread.places import count_here
from workloads.linecount.text_files import count_lines, make_files


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[list[Path]]:
    with make_files(params) as files:
        yield files


def run(params: Params, probe: Probe, files: list[Path]) -> int:
    counts = [count_lines(path) for path in files[: params.files]]
    probe.observe_least("in_place", count_here(count.place for count in counts))
    return sum(count.lines for count in counts)
