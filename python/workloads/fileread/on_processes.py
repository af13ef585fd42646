"""One job per file for a warm pool with one process per core; the digests come back."""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from runner.models import START_METHOD
from runner.proof import current_place
from runner.work import Params, Probe
from workloads.fileread.files import Files, digest_file, make_files
from workloads.fileread.places import count_in_processes

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[tuple[Files, ProcessPoolExecutor]]:
    """Write the files and start every worker, because a pool starts workers on demand."""
    workers = os.cpu_count() or 1
    with make_files(params) as files, ProcessPoolExecutor(workers, processes) as pool:
        for job in [pool.submit(current_place) for _ in range(4 * workers)]:
            job.result()
        yield files, pool


def run(params: Params, probe: Probe, prepared: tuple[Files, ProcessPoolExecutor]) -> int:
    files, pool = prepared
    readings = list(pool.map(digest_file, files.paths[: params.files]))
    probe.observe_least("in_place", count_in_processes(reading.place for reading in readings))
    return files.add_numbers(readings)
