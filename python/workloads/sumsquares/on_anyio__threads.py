"""One job per chunk for anyio's worker threads: the loop can run, but the GIL is shared."""

from anyio import create_task_group, to_thread

from runner.work import Params, Probe


def sum_squares(low: int, high: int) -> int:
    return sum(i * i for i in range(low, high))


async def run(params: Params, probe: Probe) -> int:
    n, chunks = params.n, params.chunks
    total = 0

    async def offload(low: int, high: int) -> None:
        nonlocal total
        # Two statements, because `total += await ...` would read `total` before the wait.
        part = await to_thread.run_sync(sum_squares, low, high)
        total += part

    async with create_task_group() as group:
        for c in range(chunks):
            group.start_soon(offload, c * n // chunks, (c + 1) * n // chunks)
    return total
