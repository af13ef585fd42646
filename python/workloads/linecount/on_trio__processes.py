"""One job per file for a warm pool with one process per core.

trio has no process pool, so it uses the one of the standard library: a worker thread waits for each
job and does nothing else.
"""

from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from runner.work import Params, Probe
from workloads.fileread.places import count_in_processes
from workloads.linecount.text_files import Count, count_lines, make_files
from workloads.linecount.warm_pool import warm_process_pool

Prepared = tuple[list[Path], ProcessPoolExecutor]


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[Prepared]:
    with make_files(params) as files, warm_process_pool() as pool:
        yield files, pool


async def run(params: Params, probe: Probe, prepared: Prepared) -> int:
    files, pool = prepared
    counts: list[Count] = []

    async def count(path: Path) -> None:
        job = pool.submit(count_lines, path)
        counts.append(await trio.to_thread.run_sync(job.result))

    async with trio.open_nursery() as nursery:
        for path in files[: params.files]:
            nursery.start_soon(count, path)
    probe.observe_least("in_place", count_in_processes(count.place for count in counts))
    return sum(count.lines for count in counts)
