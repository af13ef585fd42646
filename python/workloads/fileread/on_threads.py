"""One thread per file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from runner.work import Params, Probe
from workloads.fileread.files import Files, Reading, digest_file, make_files
from workloads.fileread.places import count_in_threads


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Files]:
    with make_files(params) as files:
        yield files


def run(params: Params, probe: Probe, files: Files) -> int:
    readings: list[Reading] = []  # append() is atomic, so no lock is needed

    def read(path: Path) -> None:
        readings.append(digest_file(path))

    threads = [Thread(target=read, args=(path,)) for path in files.paths[: params.files]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    probe.observe_least("in_place", count_in_threads(reading.place for reading in readings))
    return files.add_numbers(readings)
