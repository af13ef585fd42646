"""One `to_thread` per file, gathered, beside a ThreadPoolExecutor that gets no job.

A widespread tutorial prints this as the way to read files through a pool. The threads are those of
the loop's own pool.
"""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from runner.work import Params, Probe
from workloads.fileread.files import Files, digest_file, make_files
from workloads.fileread.places import count_in_threads


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[Files]:
    with make_files(params) as files:
        yield files


async def run(params: Params, probe: Probe, files: Files) -> int:
    with ThreadPoolExecutor():
        readings = await asyncio.gather(
            *(asyncio.to_thread(digest_file, path) for path in files.paths[: params.files])
        )
    probe.observe_least("in_place", count_in_threads(reading.place for reading in readings))
    return files.add_numbers(readings)
