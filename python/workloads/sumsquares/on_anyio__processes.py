"""One job per chunk for anyio's worker processes, which are warm, at most one per core."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import create_task_group, to_process

from runner.work import Params, Probe


def sum_squares(low: int, high: int) -> int:
    return sum(i * i for i in range(low, high))


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[None]:
    """Start every worker and let it do its first jobs; anyio keeps the workers."""
    workers = int(to_process.current_default_process_limiter().total_tokens)
    async with create_task_group() as group:
        for _ in range(4 * workers):
            group.start_soon(to_process.run_sync, sum_squares, 0, 10_000)
    yield


async def run(params: Params, probe: Probe, _: None) -> int:
    n, chunks = params.n, params.chunks
    total = 0

    async def offload(low: int, high: int) -> None:
        nonlocal total
        # Two statements, because `total += await ...` would read `total` before the wait.
        part = await to_process.run_sync(sum_squares, low, high)
        total += part

    async with create_task_group() as group:
        for c in range(chunks):
            group.start_soon(offload, c * n // chunks, (c + 1) * n // chunks)
    return total
