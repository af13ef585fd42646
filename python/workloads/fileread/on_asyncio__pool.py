"""One job per file for a warm ThreadPoolExecutor with one thread per core."""

import asyncio
import os
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from threading import Barrier

from runner.work import Params, Probe
from workloads.fileread.files import Files, digest_file, make_files
from workloads.fileread.places import count_in_threads


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[tuple[Files, ThreadPoolExecutor]]:
    """Write the files and start every thread: a pool starts another one only if none is idle."""
    workers = os.cpu_count() or 1
    with make_files(params) as files, ThreadPoolExecutor(workers) as pool:
        all_started = Barrier(workers)
        for job in [pool.submit(all_started.wait) for _ in range(workers)]:
            job.result()
        yield files, pool


async def run(params: Params, probe: Probe, prepared: tuple[Files, ThreadPoolExecutor]) -> int:
    files, pool = prepared
    loop = asyncio.get_running_loop()
    readings = await asyncio.gather(
        *(loop.run_in_executor(pool, digest_file, path) for path in files.paths[: params.files])
    )
    probe.observe_least("in_place", count_in_threads(reading.place for reading in readings))
    return files.add_numbers(readings)
