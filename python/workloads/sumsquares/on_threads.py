"""One thread per chunk, in a ThreadPoolExecutor."""

from concurrent.futures import ThreadPoolExecutor

from runner.work import Params, Probe


def sum_squares(low: int, high: int) -> int:
    return sum(i * i for i in range(low, high))


def run(params: Params, probe: Probe) -> int:
    n, chunks = params.n, params.chunks
    bounds = [c * n // chunks for c in range(chunks + 1)]
    with ThreadPoolExecutor(max_workers=chunks) as pool:
        return sum(pool.map(sum_squares, bounds, bounds[1:]))
