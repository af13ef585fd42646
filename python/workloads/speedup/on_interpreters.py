"""One part per interpreter, each called in a thread of its own, which waits before the clock."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from runner.crew import waiting_threads
from runner.interpreter_pool import crew, current_interpreter
from runner.work import Params, Probe
from workloads.speedup.parts import add_up, make_table, split

Worker = tuple[ThreadPoolExecutor, Callable[..., tuple[int, int]]]


def work(passes: int) -> tuple[int, int]:
    return current_interpreter(), add_up(make_table(), passes)


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[list[Worker]]:
    with crew(__name__, params.workers) as interpreters, waiting_threads(params.workers) as threads:
        yield list(zip(threads, [one.call for one in interpreters], strict=True))


def run(params: Params, probe: Probe, workers: list[Worker]) -> int:
    parts = split(params.passes, len(workers))
    jobs = [
        thread.submit(call, work, passes)
        for (thread, call), passes in zip(workers, parts, strict=True)
    ]
    done = [job.result() for job in jobs]
    probe.observe_least("workers_seen", len({worker for worker, _ in done}))
    return sum(total for _, total in done)
