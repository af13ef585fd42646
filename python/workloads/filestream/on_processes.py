"""One job per chunk for a warm second process, which sends back the bytes of the chunk."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from io import FileIO
from multiprocessing import get_context
from pathlib import Path

from runner.models import START_METHOD
from runner.proof import Place, current_place
from runner.work import Params, Probe
from workloads.fileread.places import count_in_processes
from workloads.filestream import chunks

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])

opened: list[FileIO] = []  # in the second process: the file that is read


def open_file(path: Path) -> None:
    opened.append(chunks.open_file(path))


def read_chunk(size: int) -> tuple[bytes, Place]:
    return chunks.read_chunk(opened[-1], size)


def close_file() -> None:
    opened.pop().close()


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[tuple[Path, ProcessPoolExecutor]]:
    with chunks.make_file(params) as path, ProcessPoolExecutor(1, processes) as pool:
        pool.submit(current_place).result()
        yield path, pool


def run(params: Params, probe: Probe, prepared: tuple[Path, ProcessPoolExecutor]) -> int:
    total, places = 0, []
    path, pool = prepared
    pool.submit(open_file, path).result()
    try:
        for _ in range(params.file_bytes // params.chunk_bytes):
            chunk, place = pool.submit(read_chunk, params.chunk_bytes).result()
            total += chunks.value_of(chunk)
            places.append(place)
    finally:
        pool.submit(close_file).result()
    probe.observe_least("off_loop", count_in_processes(places))
    return total
