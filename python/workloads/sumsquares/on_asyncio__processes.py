"""One job per chunk for a warm pool with one process per core."""

import asyncio
import os
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from multiprocessing import get_context

from runner.models import START_METHOD
from runner.work import Params, Probe

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


def sum_squares(low: int, high: int) -> int:
    return sum(i * i for i in range(low, high))


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[ProcessPoolExecutor]:
    """Start every worker and let it do its first jobs, because a pool starts workers on demand."""
    loop = asyncio.get_running_loop()
    workers = os.cpu_count() or 1
    with ProcessPoolExecutor(workers, processes) as pool:
        warm_up = [loop.run_in_executor(pool, sum_squares, 0, 10_000) for _ in range(4 * workers)]
        await asyncio.gather(*warm_up)
        yield pool


async def run(params: Params, probe: Probe, pool: ProcessPoolExecutor) -> int:
    n, chunks = params.n, params.chunks
    loop = asyncio.get_running_loop()
    jobs = [
        loop.run_in_executor(pool, sum_squares, c * n // chunks, (c + 1) * n // chunks)
        for c in range(chunks)
    ]
    return sum(await asyncio.gather(*jobs))
