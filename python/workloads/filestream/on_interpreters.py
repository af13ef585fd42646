"""One job per chunk for a warm second interpreter, which sends back the bytes of the chunk."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from runner.interpreter_pool import warm_pool
from runner.proof import Place
from runner.work import Params, Probe
from workloads.fileread.places import count_in_threads
from workloads.filestream import chunks

opened: list[FileIO] = []  # in the second interpreter: the file that is read


def open_file(path: Path) -> None:
    opened.append(chunks.open_file(path))


def read_chunk(size: int) -> tuple[bytes, Place]:
    return chunks.read_chunk(opened[-1], size)


def close_file() -> None:
    opened.pop().close()


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[tuple[Path, Executor]]:
    with chunks.make_file(params) as path, warm_pool(__name__, 1) as pool:
        yield path, pool


def run(params: Params, probe: Probe, prepared: tuple[Path, Executor]) -> int:
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
    probe.observe_least("off_loop", count_in_threads(places))
    return total
