"""A Runner in another thread, with a loop of the kind that measures."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from runner.work import Params, Probe
from workloads.start.aside import other_thread, repeat
from workloads.start.start_asyncio import start_and_stop


def kind_of_loop() -> str:
    loop = asyncio.get_running_loop()
    if type(loop).__module__.startswith("uvloop"):
        return "uvloop"
    return "eager" if loop.get_task_factory() else "plain"


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[ThreadPoolExecutor]:
    with other_thread(probe, start_and_stop, kind_of_loop()) as thread:
        yield thread


async def run(params: Params, probe: Probe, thread: ThreadPoolExecutor) -> int:
    return thread.submit(repeat, params.starts, start_and_stop, kind_of_loop()).result()
