"""One thread per file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from runner.work import Params, Probe
from workloads.fileread.places import count_in_threads
from workloads.linecount.text_files import Count, count_lines, make_files


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[list[Path]]:
    with make_files(params) as files:
        yield files


def run(params: Params, probe: Probe, files: list[Path]) -> int:
    counts: list[Count] = []  # append() is atomic, so no lock is needed

    def count(path: Path) -> None:
        counts.append(count_lines(path))

    threads = [Thread(target=count, args=(path,)) for path in files[: params.files]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    probe.observe_least("in_place", count_in_threads(count.place for count in counts))
    return sum(count.lines for count in counts)
