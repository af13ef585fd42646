"""One job per file for anyio's worker threads; the GIL is shared."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from anyio import create_task_group, to_thread

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
        counts.append(await to_thread.run_sync(count_lines, path))

    async with create_task_group() as group:
        for path in files[: params.files]:
            group.start_soon(count, path)
    probe.observe_least("in_place", count_in_threads(count.place for count in counts))
    return sum(count.lines for count in counts)
