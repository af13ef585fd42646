"""One task per file in a task group; a read blocks the loop, so they run one after the other."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from runner import scratch
from runner.work import Params, Probe
from workloads.fileread.files import Files, Reading, digest_file, make_files
from workloads.fileread.places import count_here


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[Files]:
    with make_files(params) as files:
        yield files


async def run(params: Params, probe: Probe, files: Files) -> int:
    readings: list[Reading] = []

    async def read(path: Path) -> None:
        readings.append(digest_file(path))

    async with scratch.TaskGroup() as group:
        for path in files.paths[: params.files]:
            group.spawn(read(path))
    probe.observe_least("in_place", count_here(reading.place for reading in readings))
    return files.add_numbers(readings)
