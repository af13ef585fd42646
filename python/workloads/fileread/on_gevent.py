"""One greenlet per file; a read blocks the hub, so they run one after the other."""

from collections.abc import Iterator
from contextlib import contextmanager

import gevent

from runner.work import Params, Probe
from workloads.fileread.files import Files, digest_file, make_files
from workloads.fileread.places import count_here


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Files]:
    with make_files(params) as files:
        yield files


def run(params: Params, probe: Probe, files: Files) -> int:
    greenlets = [gevent.spawn(digest_file, path) for path in files.paths[: params.files]]
    gevent.joinall(greenlets, raise_error=True)
    readings = [greenlet.value for greenlet in greenlets]
    probe.observe_least("in_place", count_here(reading.place for reading in readings))
    return files.add_numbers(readings)
