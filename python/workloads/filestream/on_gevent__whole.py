"""One job for the thread pool of gevent's hub: a thread reads all chunks."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import gevent

from runner.work import Params, Probe
from workloads.fileread.places import count_in_threads
from workloads.filestream.chunks import make_file, stream


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Path]:
    with make_file(params) as path:
        yield path


def run(params: Params, probe: Probe, path: Path) -> int:
    chunks = params.file_bytes // params.chunk_bytes
    streamed = gevent.get_hub().threadpool.apply(stream, (path, chunks, params.chunk_bytes))
    probe.observe_least("off_loop", chunks * count_in_threads([streamed.place]))
    return streamed.total
