"""One file after the other."""

from collections.abc import Iterator
from contextlib import contextmanager

from runner.work import Params, Probe
from workloads.fileread.files import Files, digest_file, make_files
from workloads.fileread.places import count_here


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Files]:
    with make_files(params) as files:
        yield files


def run(params: Params, probe: Probe, files: Files) -> int:
    readings = [digest_file(path) for path in files.paths[: params.files]]
    probe.observe_least("in_place", count_here(reading.place for reading in readings))
    return files.add_numbers(readings)
