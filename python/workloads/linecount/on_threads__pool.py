"""One job per file for a warm ThreadPoolExecutor with one thread per core."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier

from runner.work import Params, Probe
from workloads.fileread.places import count_in_threads
from workloads.linecount.text_files import count_lines, make_files


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[tuple[list[Path], ThreadPoolExecutor]]:
    """Write the files and start every thread: a pool starts another one only if none is idle."""
    workers = os.cpu_count() or 1
    with make_files(params) as files, ThreadPoolExecutor(workers) as pool:
        all_started = Barrier(workers)
        for job in [pool.submit(all_started.wait) for _ in range(workers)]:
            job.result()
        yield files, pool


def run(params: Params, probe: Probe, prepared: tuple[list[Path], ThreadPoolExecutor]) -> int:
    files, pool = prepared
    counts = list(pool.map(count_lines, files[: params.files]))
    probe.observe_least("in_place", count_in_threads(count.place for count in counts))
    return sum(count.lines for count in counts)
