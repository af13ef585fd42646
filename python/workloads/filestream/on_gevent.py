"""One job per chunk for the thread pool of gevent's hub, which is free meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import gevent

from runner.work import Params, Probe
from workloads.fileread.places import count_in_threads
from workloads.filestream.chunks import make_file, open_file, read_chunk, value_of


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Path]:
    with make_file(params) as path:
        yield path


def run(params: Params, probe: Probe, path: Path) -> int:
    total, places = 0, []
    threads = gevent.get_hub().threadpool
    with threads.apply(open_file, (path,)) as file:
        for _ in range(params.file_bytes // params.chunk_bytes):
            chunk, place = threads.apply(read_chunk, (file, params.chunk_bytes))
            total += value_of(chunk)
            places.append(place)
    probe.observe_least("off_loop", count_in_threads(places))
    return total
