"""One job per chunk for a warm pool with one process per core.

trio has no process pool, so it uses the one of the standard library: a worker thread waits for each
job and does nothing else.
"""

import os
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from multiprocessing import get_context

import trio

from runner.models import START_METHOD
from runner.work import Params, Probe

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


def sum_squares(low: int, high: int) -> int:
    return sum(i * i for i in range(low, high))


async def offload(pool: ProcessPoolExecutor, low: int, high: int) -> int:
    job = pool.submit(sum_squares, low, high)
    return await trio.to_thread.run_sync(job.result)


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[ProcessPoolExecutor]:
    """Start every worker and let it do its first jobs, because a pool starts workers on demand."""
    workers = os.cpu_count() or 1
    with ProcessPoolExecutor(workers, processes) as pool:
        async with trio.open_nursery() as nursery:
            for _ in range(4 * workers):
                nursery.start_soon(offload, pool, 0, 10_000)
        yield pool


async def run(params: Params, probe: Probe, pool: ProcessPoolExecutor) -> int:
    n, chunks = params.n, params.chunks
    total = 0

    async def add(low: int, high: int) -> None:
        nonlocal total
        # Two statements, because `total += await ...` would read `total` before the wait.
        part = await offload(pool, low, high)
        total += part

    async with trio.open_nursery() as nursery:
        for c in range(chunks):
            nursery.start_soon(add, c * n // chunks, (c + 1) * n // chunks)
    return total
