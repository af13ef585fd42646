"""One job per file for trio's worker threads; the GIL is shared."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from runner.work import Params, Probe
from workloads.fileread.places import count_in_threads
from workloads.linecount.text_files import Count, count_lines, make_files


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[list[Path]]:
    with make_files(params) as files:
        yield files


async def run(params: Params, probe: Probe, files: list[Path]) -> int:
    counts: list[Count] = []

    async def count(path: Path) -> None:
        counts.append(await trio.to_thread.run_sync(count_lines, path))

    async with trio.open_nursery() as nursery:
        for path in files[: params.files]:
            nursery.start_soon(count, path)
    probe.observe_least("in_place", count_in_threads(count.place for count in counts))
    return sum(count.lines for count in counts)
