"""One job per chunk for a warm second thread, which reads while this one waits."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from runner.proof import current_place
from runner.work import Params, Probe
from workloads.fileread.places import count_in_threads
from workloads.filestream.chunks import make_file, open_file, read_chunk, value_of


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[tuple[Path, ThreadPoolExecutor]]:
    with make_file(params) as path, ThreadPoolExecutor(1) as pool:
        pool.submit(current_place).result()
        yield path, pool


def run(params: Params, probe: Probe, prepared: tuple[Path, ThreadPoolExecutor]) -> int:
    total, places = 0, []
    path, pool = prepared
    with pool.submit(open_file, path).result() as file:
        for _ in range(params.file_bytes // params.chunk_bytes):
            chunk, place = pool.submit(read_chunk, file, params.chunk_bytes).result()
            total += value_of(chunk)
            places.append(place)
    probe.observe_least("off_loop", count_in_threads(places))
    return total
