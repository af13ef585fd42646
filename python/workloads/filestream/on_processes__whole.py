"""One job for a warm second process, which reads all chunks and sends back their sum."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

from runner.models import START_METHOD
from runner.proof import current_place
from runner.work import Params, Probe
from workloads.fileread.places import count_in_processes
from workloads.filestream.chunks import make_file, stream

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[tuple[Path, ProcessPoolExecutor]]:
    with make_file(params) as path, ProcessPoolExecutor(1, processes) as pool:
        pool.submit(current_place).result()
        yield path, pool


def run(params: Params, probe: Probe, prepared: tuple[Path, ProcessPoolExecutor]) -> int:
    path, pool = prepared
    chunks = params.file_bytes // params.chunk_bytes
    streamed = pool.submit(stream, path, chunks, params.chunk_bytes).result()
    probe.observe_least("off_loop", chunks * count_in_processes([streamed.place]))
    return streamed.total
