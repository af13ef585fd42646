"""One task per file on several loops, one per core; a read blocks the loop of its task."""

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.loops import run_on_each, running
from runner.work import Params, Probe
from workloads.fileread.files import Files, Reading, digest_file, make_files
from workloads.fileread.places import count_in_threads

Prepared = tuple[Files, list[AbstractEventLoop]]


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Prepared]:
    with make_files(params) as files, running() as loops:
        yield files, loops


def run(params: Params, probe: Probe, prepared: Prepared) -> int:
    files, loops = prepared
    readings: list[Reading] = []  # append() is atomic, so no lock is needed

    async def read(path: Path) -> None:
        readings.append(digest_file(path))

    async def read_share(first: int) -> None:
        async with asyncio.TaskGroup() as group:
            for path in files.paths[first : params.files : len(loops)]:
                group.create_task(read(path))

    run_on_each(loops, read_share)
    probe.observe_least("in_place", count_in_threads(reading.place for reading in readings))
    return files.add_numbers(readings)
