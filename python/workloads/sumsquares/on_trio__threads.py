"""One job per chunk for trio's worker threads: the loop can run, but the GIL is shared."""

import trio

from runner.work import Params, Probe


def sum_squares(low: int, high: int) -> int:
    return sum(i * i for i in range(low, high))


async def run(params: Params, probe: Probe) -> int:
    n, chunks = params.n, params.chunks
    total = 0

    async def offload(low: int, high: int) -> None:
        nonlocal total
        # Two statements, because `total += await ...` would read `total` before the wait.
        part = await trio.to_thread.run_sync(sum_squares, low, high)
        total += part

    async with trio.open_nursery() as nursery:
        for c in range(chunks):
            nursery.start_soon(offload, c * n // chunks, (c + 1) * n // chunks)
    return total
