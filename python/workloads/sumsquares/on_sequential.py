"""One chunk after the other."""

from runner.work import Params, Probe


def sum_squares(low: int, high: int) -> int:
    return sum(i * i for i in range(low, high))


def run(params: Params, probe: Probe) -> int:
    n, chunks = params.n, params.chunks
    return sum(sum_squares(c * n // chunks, (c + 1) * n // chunks) for c in range(chunks))
