"""One `to_thread` per chunk: the loop is free while a thread reads."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from runner.work import Params, Probe
from workloads.fileread.places import count_in_threads
from workloads.filestream.chunks import make_file, open_file, read_chunk, value_of


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[Path]:
    with make_file(params) as path:
        yield path


async def run(params: Params, probe: Probe, path: Path) -> int:
    total, places = 0, []
    with await asyncio.to_thread(open_file, path) as file:
        for _ in range(params.file_bytes // params.chunk_bytes):
            # Without a GIL, the thread may be done before the await, which then does not yield.
            chunk, place = await asyncio.to_thread(read_chunk, file, params.chunk_bytes)
            total += value_of(chunk)
            places.append(place)
    probe.observe_least("off_loop", count_in_threads(places))
    return total
