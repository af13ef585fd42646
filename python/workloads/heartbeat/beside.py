"""What is done beside the ticks: the same plain Python for every model, and a process to do it in.

Each piece of work says whether it was done: the time has passed, the bytes were read.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from runner.models import START_METHOD
from runner.work import Params

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

Job = Callable[[], bool]


def nothing() -> bool:
    return True


def spin(ns: int) -> bool:
    """Keep the processor, and the GIL, as any Python code does."""
    end = time.perf_counter_ns() + ns
    while time.perf_counter_ns() < end:
        pass
    return True


def block(ns: int) -> bool:
    start = time.perf_counter_ns()
    time.sleep(ns / 1e9)
    return time.perf_counter_ns() - start >= ns


def read(path: Path, size: int) -> bool:
    return len(path.read_bytes()) == size


@contextmanager
def job_of(params: Params) -> Iterator[Job]:
    """Make what the work of a case needs, and give the work; it travels to other processes."""
    amount = params.amount
    match params.text("beside"):
        case "nothing":
            yield nothing
        case "cpu":
            yield partial(spin, amount)
        case "block":
            yield partial(block, amount)
        case "read":
            with TemporaryDirectory(prefix="loombench-") as folder:
                path = Path(folder, "whole")
                path.write_bytes(bytes(amount))
                yield partial(read, path, amount)
        case other:
            raise ValueError(f"beside: found {other!r}, expected nothing, cpu, block or read")


@contextmanager
def warm_process() -> Iterator["ProcessPoolExecutor"]:
    """Start a pool of one process, which has done a job: a pool starts them on demand."""
    # Loaded only in the cases that have another process.
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    processes = get_context(START_METHOD)
    processes.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(1, processes) as pool:
        pool.submit(nothing).result()
        yield pool
