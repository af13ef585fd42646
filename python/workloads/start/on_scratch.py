"""The loop written from scratch, in another thread."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from runner.work import Params, Probe
from workloads.start.aside import other_thread, repeat
from workloads.start.start_scratch import start_and_stop


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[ThreadPoolExecutor]:
    with other_thread(probe, start_and_stop) as thread:
        yield thread


async def run(params: Params, probe: Probe, thread: ThreadPoolExecutor) -> int:
    return thread.submit(repeat, params.starts, start_and_stop).result()
