"""Each chunk is a job for a thread that starts before the clock does."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from runner.work import Params, Probe


def sum_squares(low: int, high: int) -> int:
    return sum(i * i for i in range(low, high))


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(max_workers=params.chunks) as pool:
        for job in [pool.submit(time.sleep, 0.01) for _ in range(params.chunks)]:
            job.result()
        yield pool


def run(params: Params, probe: Probe, pool: ThreadPoolExecutor) -> int:
    n, chunks = params.n, params.chunks
    bounds = [c * n // chunks for c in range(chunks + 1)]
    return sum(pool.map(sum_squares, bounds, bounds[1:]))
