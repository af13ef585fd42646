"""anyio.run in another thread, on the backend that measures."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import anyio

from runner.work import Params, Probe
from workloads.start.aside import other_thread, repeat
from workloads.start.start_anyio import start_and_stop


def backend() -> str:
    return anyio.get_cancelled_exc_class().__module__.partition(".")[0]


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[ThreadPoolExecutor]:
    with other_thread(probe, start_and_stop, backend()) as thread:
        yield thread


async def run(params: Params, probe: Probe, thread: ThreadPoolExecutor) -> int:
    return thread.submit(repeat, params.starts, start_and_stop, backend()).result()
