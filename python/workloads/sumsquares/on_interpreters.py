"""One job per chunk for a warm InterpreterPoolExecutor with one interpreter per core."""

from concurrent.futures import Executor
from contextlib import AbstractContextManager

from runner.interpreter_pool import warm_pool
from runner.work import Params, Probe


def sum_squares(low: int, high: int) -> int:
    return sum(i * i for i in range(low, high))


def prepare(params: Params, probe: Probe) -> AbstractContextManager[Executor]:
    return warm_pool(__name__)


def run(params: Params, probe: Probe, pool: Executor) -> int:
    n, chunks = params.n, params.chunks
    bounds = [c * n // chunks for c in range(chunks + 1)]
    return sum(pool.map(sum_squares, bounds, bounds[1:]))
