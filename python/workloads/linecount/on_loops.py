"""One task per file on several loops, one per core; the tasks of a loop run one after the other."""

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.loops import run_on_each, running
from runner.work import Params, Probe
from workloads.fileread.places import count_in_threads
from workloads.linecount.text_files import Count, count_lines, make_files

Prepared = tuple[list[Path], list[AbstractEventLoop]]


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Prepared]:
    with make_files(params) as files, running() as loops:
        yield files, loops


def run(params: Params, probe: Probe, prepared: Prepared) -> int:
    files, loops = prepared
    counts: list[Count] = []  # append() is atomic, so no lock is needed

    async def count(path: Path) -> None:
        counts.append(count_lines(path))

    async def count_share(first: int) -> None:
        async with asyncio.TaskGroup() as group:
            for path in files[first : params.files : len(loops)]:
                group.create_task(count(path))

    run_on_each(loops, count_share)
    probe.observe_least("in_place", count_in_threads(count.place for count in counts))
    return sum(count.lines for count in counts)
