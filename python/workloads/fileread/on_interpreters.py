"""One job per file for a warm InterpreterPoolExecutor with one interpreter per core."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from runner.interpreter_pool import warm_pool
from runner.work import Params, Probe
from workloads.fileread import files as file_jobs
from workloads.fileread.files import Files, digest_file, make_files
from workloads.fileread.places import count_in_threads


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[tuple[Files, Executor]]:
    with make_files(params) as files, warm_pool(file_jobs.__name__) as pool:
        yield files, pool


def run(params: Params, probe: Probe, prepared: tuple[Files, Executor]) -> int:
    files, pool = prepared
    readings = list(pool.map(digest_file, files.paths[: params.files]))
    probe.observe_least("in_place", count_in_threads(reading.place for reading in readings))
    return files.add_numbers(readings)
