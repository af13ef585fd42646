"""One `to_thread` for the whole file: a thread reads all chunks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from runner.work import Params, Probe
from workloads.fileread.places import count_in_threads
from workloads.filestream.chunks import make_file, stream


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[Path]:
    with make_file(params) as path:
        yield path


async def run(params: Params, probe: Probe, path: Path) -> int:
    chunks = params.file_bytes // params.chunk_bytes
    streamed = await asyncio.to_thread(stream, path, chunks, params.chunk_bytes)
    probe.observe_least("off_loop", chunks * count_in_threads([streamed.place]))
    return streamed.total
