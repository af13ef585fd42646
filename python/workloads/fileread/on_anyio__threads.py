"""One job per file for anyio's worker threads; the loop can run meanwhile."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from anyio import create_task_group, to_thread

from runner.work import Params, Probe
from workloads.fileread.files import Files, Reading, digest_file, make_files
from workloads.fileread.places import count_in_threads


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[Files]:
    with make_files(params) as files:
        yield files


async def run(params: Params, probe: Probe, files: Files) -> int:
    readings: list[Reading] = []

    async def read(path: Path) -> None:
        readings.append(await to_thread.run_sync(digest_file, path))

    async with create_task_group() as group:
        for path in files.paths[: params.files]:
            group.start_soon(read, path)
    probe.observe_least("in_place", count_in_threads(reading.place for reading in readings))
    return files.add_numbers(readings)
