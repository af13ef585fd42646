"""One job per file for a warm InterpreterPoolExecutor with one interpreter per core."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path

from runner.interpreter_pool import warm_pool
from runner.work import Params, Probe
from workloads.fileread.places import count_in_threads
from workloads.linecount import text_files
from workloads.linecount.text_files import count_lines, make_files

Prepared = tuple[list[Path], Executor]


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Prepared]:
    with make_files(params) as files, warm_pool(text_files.__name__) as pool:
        yield files, pool


def run(params: Params, probe: Probe, prepared: Prepared) -> int:
    files, pool = prepared
    counts = list(pool.map(count_lines, files[: params.files]))
    probe.observe_least("in_place", count_in_threads(count.place for count in counts))
    return sum(count.lines for count in counts)
