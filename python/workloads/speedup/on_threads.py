"""One part per thread; the threads run and wait before the clock."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from threading import get_ident

from runner.crew import run_in_each, waiting_threads
from runner.work import Params, Probe
from workloads.speedup.parts import add_up, make_table, split


def prepare(params: Params, probe: Probe) -> AbstractContextManager[list[ThreadPoolExecutor]]:
    return waiting_threads(params.workers)


def run(params: Params, probe: Probe, threads: list[ThreadPoolExecutor]) -> int:
    shared = make_table() if params.text("state") == "shared" else None

    def work(passes: int) -> tuple[int, int]:
        return get_ident(), add_up(shared or make_table(), passes)

    done = run_in_each(threads, work, split(params.passes, len(threads)))
    probe.observe_least("workers_seen", len({worker for worker, _ in done}))
    return sum(total for _, total in done)
