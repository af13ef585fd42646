"""One job per file for the thread pool of gevent's hub; the GIL is shared."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import gevent

from runner.work import Params, Probe
from workloads.fileread.places import count_in_threads
from workloads.linecount.text_files import count_lines, make_files


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[list[Path]]:
    with make_files(params) as files:
        yield files


def run(params: Params, probe: Probe, files: list[Path]) -> int:
    threads = gevent.get_hub().threadpool
    jobs = [threads.spawn(count_lines, path) for path in files[: params.files]]
    counts = [job.get() for job in jobs]
    probe.observe_least("in_place", count_in_threads(count.place for count in counts))
    return sum(count.lines for count in counts)
