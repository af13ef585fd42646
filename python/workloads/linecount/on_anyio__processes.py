"""One job per file for anyio's worker processes, which are warm, at most one per core."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from anyio import create_task_group, to_process

from runner.work import Params, Probe
from workloads.fileread.places import count_in_processes
from workloads.linecount.text_files import Count, count_lines, make_files


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[list[Path]]:
    """Write the files and let every worker do its first jobs; anyio keeps the workers."""
    workers = int(to_process.current_default_process_limiter().total_tokens)
    with make_files(params) as files:
        async with create_task_group() as group:
            for _ in range(4 * workers):
                group.start_soon(to_process.run_sync, count_lines, files[0])
        yield files


async def run(params: Params, probe: Probe, files: list[Path]) -> int:
    counts: list[Count] = []

    async def count(path: Path) -> None:
        counts.append(await to_process.run_sync(count_lines, path))

    async with create_task_group() as group:
        for path in files[: params.files]:
            group.start_soon(count, path)
    probe.observe_least("in_place", count_in_processes(count.place for count in counts))
    return sum(count.lines for count in counts)
