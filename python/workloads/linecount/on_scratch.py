"""One task per file in a task group; counting never waits, so they run one after the other."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from runner import scratch
from runner.work import Params, Probe
from workloads.fileread.places import count_here
from workloads.linecount.text_files import Count, count_lines, make_files


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[list[Path]]:
    with make_files(params) as files:
        yield files


async def run(params: Params, probe: Probe, files: list[Path]) -> int:
    counts: list[Count] = []

    async def count(path: Path) -> None:
        counts.append(count_lines(path))

    async with scratch.TaskGroup() as group:
        for path in files[: params.files]:
            group.spawn(count(path))
    probe.observe_least("in_place", count_here(count.place for count in counts))
    return sum(count.lines for count in counts)
