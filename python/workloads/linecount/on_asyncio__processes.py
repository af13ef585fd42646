"""One job per file for a warm pool with one process per core."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

from runner.work import Params, Probe
from workloads.fileread.places import count_in_processes
from workloads.linecount.text_files import count_lines, make_files
from workloads.linecount.warm_pool import warm_process_pool

Prepared = tuple[list[Path], ProcessPoolExecutor]


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[Prepared]:
    with make_files(params) as files, warm_process_pool() as pool:
        yield files, pool


async def run(params: Params, probe: Probe, prepared: Prepared) -> int:
    files, pool = prepared
    loop = asyncio.get_running_loop()
    counts = await asyncio.gather(
        *(loop.run_in_executor(pool, count_lines, path) for path in files[: params.files])
    )
    probe.observe_least("in_place", count_in_processes(count.place for count in counts))
    return sum(count.lines for count in counts)
