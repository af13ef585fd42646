"""One job per file for a warm pool with one process per core.

gevent has no process pool, so it uses the one of the standard library: a thread of the hub's pool
waits for each job and does nothing else.
"""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import gevent

from runner.work import Params, Probe
from workloads.fileread.places import count_in_processes
from workloads.linecount.text_files import count_lines, make_files
from workloads.linecount.warm_pool import warm_process_pool

Prepared = tuple[list[Path], ProcessPoolExecutor]


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Prepared]:
    with make_files(params) as files, warm_process_pool() as pool:
        yield files, pool


def run(params: Params, probe: Probe, prepared: Prepared) -> int:
    files, pool = prepared
    threads = gevent.get_hub().threadpool
    jobs = [threads.spawn(pool.submit(count_lines, path).result) for path in files[: params.files]]
    counts = [job.get() for job in jobs]
    probe.observe_least("in_place", count_in_processes(count.place for count in counts))
    return sum(count.lines for count in counts)
