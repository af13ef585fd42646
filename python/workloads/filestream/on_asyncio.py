"""One `to_thread` per chunk: the loop is free while a thread reads."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from runner.work import Params, Probe
from workloads.filestream.chunks import make_file, open_file, value_of
from workloads.filestream.turns import Turns


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[Path]:
    with make_file(params) as path:
        yield path


async def read_chunks(path: Path, chunks: int, size: int) -> int:
    total = 0
    with await asyncio.to_thread(open_file, path) as file:
        for _ in range(chunks):
            total += value_of(await asyncio.to_thread(file.read, size))
    return total


async def run(params: Params, probe: Probe, path: Path) -> int:
    chunks = params.file_bytes // params.chunk_bytes
    turns = Turns(read_chunks(path, chunks, params.chunk_bytes))
    total = await turns
    probe.observe_least("off_loop", min(chunks, turns.left))
    return total
