"""Jobs for a warm InterpreterPoolExecutor with one interpreter per core."""

from concurrent.futures import Executor
from contextlib import AbstractContextManager

from runner.interpreter_pool import current_interpreter, warm_pool
from runner.work import Params, Probe


def prepare(params: Params, probe: Probe) -> AbstractContextManager[Executor]:
    return warm_pool(current_interpreter.__module__)


def run(params: Params, probe: Probe, pool: Executor) -> int:
    parent = current_interpreter()
    jobs = [pool.submit(current_interpreter) for _ in range(params.tasks)]
    return sum(job.result() != parent for job in jobs)
