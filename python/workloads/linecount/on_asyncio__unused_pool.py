"""One `to_thread` per file, gathered, beside a ProcessPoolExecutor that gets no job.

A widespread tutorial prints this as the way to count lines in processes. They are counted in the
threads of the loop's own pool.
"""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from multiprocessing import get_context
from pathlib import Path

from runner.models import START_METHOD
from runner.work import Params, Probe
from workloads.fileread.places import count_in_threads
from workloads.linecount.text_files import count_lines, make_files

processes = get_context(START_METHOD)


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[list[Path]]:
    with make_files(params) as files:
        yield files


async def run(params: Params, probe: Probe, files: list[Path]) -> int:
    with ProcessPoolExecutor(mp_context=processes):
        counts = await asyncio.gather(
            *(asyncio.to_thread(count_lines, path) for path in files[: params.files])
        )
    probe.observe_least("in_place", count_in_threads(count.place for count in counts))
    return sum(count.lines for count in counts)
