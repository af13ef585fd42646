"""One job per file for the thread pool of gevent's hub; the hub can run meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager

import gevent

from runner.work import Params, Probe
from workloads.fileread.files import Files, digest_file, make_files
from workloads.fileread.places import count_in_threads


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Files]:
    with make_files(params) as files:
        yield files


def run(params: Params, probe: Probe, files: Files) -> int:
    threads = gevent.get_hub().threadpool
    jobs = [threads.spawn(digest_file, path) for path in files.paths[: params.files]]
    readings = [job.get() for job in jobs]
    probe.observe_least("in_place", count_in_threads(reading.place for reading in readings))
    return files.add_numbers(readings)
