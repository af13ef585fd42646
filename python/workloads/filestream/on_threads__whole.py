"""One job for a warm second thread, which reads all chunks while this one waits."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from runner.proof import current_place
from runner.work import Params, Probe
from workloads.fileread.places import count_in_threads
from workloads.filestream.chunks import make_file, stream


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[tuple[Path, ThreadPoolExecutor]]:
    with make_file(params) as path, ThreadPoolExecutor(1) as pool:
        pool.submit(current_place).result()
        yield path, pool


def run(params: Params, probe: Probe, prepared: tuple[Path, ThreadPoolExecutor]) -> int:
    path, pool = prepared
    chunks = params.file_bytes // params.chunk_bytes
    streamed = pool.submit(stream, path, chunks, params.chunk_bytes).result()
    probe.observe_least("off_loop", chunks * count_in_threads([streamed.place]))
    return streamed.total
