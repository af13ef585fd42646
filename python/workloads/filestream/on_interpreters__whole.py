"""One job for a warm second interpreter, which reads all chunks and sends back their sum."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path

from runner.interpreter_pool import warm_pool
from runner.work import Params, Probe
from workloads.fileread.places import count_in_threads
from workloads.filestream import chunks as chunk_jobs
from workloads.filestream.chunks import make_file, stream


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[tuple[Path, Executor]]:
    with make_file(params) as path, warm_pool(chunk_jobs.__name__, 1) as pool:
        yield path, pool


def run(params: Params, probe: Probe, prepared: tuple[Path, Executor]) -> int:
    path, pool = prepared
    chunks = params.file_bytes // params.chunk_bytes
    streamed = pool.submit(stream, path, chunks, params.chunk_bytes).result()
    probe.observe_least("off_loop", chunks * count_in_threads([streamed.place]))
    return streamed.total
