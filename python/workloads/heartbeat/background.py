"""The work that runs beside the ticks, the same in every model, and a process to run it in.

A job returns whether it was done: whether the time has passed, or all bytes were read. All work is
one job, but for a file that is read in chunks: there, each chunk is one.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from io import FileIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from runner.models import START_METHOD
from runner.work import Params

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

Job = Callable[[], bool]

CHUNK_BYTES = 1024


def do_nothing() -> bool:
    return True


def hog_cpu(ns: int) -> bool:
    """Keep the processor and the GIL busy, like any Python code."""
    end = time.perf_counter_ns() + ns
    while time.perf_counter_ns() < end:
        pass
    return True


def block(ns: int) -> bool:
    start = time.perf_counter_ns()
    time.sleep(ns / 1e9)
    return time.perf_counter_ns() - start >= ns


def read_file(path: Path, size: int) -> bool:
    return len(path.read_bytes()) == size


def read_chunk(file: FileIO, offset: int) -> bool:
    return len(os.pread(file.fileno(), CHUNK_BYTES, offset)) == CHUNK_BYTES


@contextmanager
def make_jobs(params: Params) -> Iterator[list[Job]]:
    """Yield the jobs of a case, which can be pickled; create the file they need, if any."""
    amount = params.amount
    match params.text("beside"):
        case "nothing":
            yield [do_nothing]
        case "cpu":
            yield [partial(hog_cpu, amount)]
        case "block":
            yield [partial(block, amount)]
        case "read":
            with make_file(amount) as path:
                yield [partial(read_file, path, amount)]
        case "stream":
            with make_file(amount) as path, path.open("rb", buffering=0) as file:
                yield [partial(read_chunk, file, k) for k in range(0, amount, CHUNK_BYTES)]
        case other:
            raise ValueError(
                f"beside: found {other!r}, expected nothing, cpu, block, read or stream"
            )


@contextmanager
def make_file(size: int) -> Iterator[Path]:
    with TemporaryDirectory(prefix="loombench-") as folder:
        path = Path(folder, "data")
        # Not zeros: a file system may leave them out.
        path.write_bytes((bytes(range(256)) * (size // 256 + 1))[:size])
        yield path


@contextmanager
def warm_process_pool() -> Iterator["ProcessPoolExecutor"]:
    """Yield a pool of one process that has done a job, because a pool starts workers on demand."""
    # Imported here because only some cases use a process.
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    processes = get_context(START_METHOD)
    processes.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(1, processes) as pool:
        pool.submit(do_nothing).result()
        yield pool
