"""One interpreter per part; a queue carries back the sums.

The queue is read when the threads have ended, because `get` looks for a value every 10 ms only.
"""

from concurrent import interpreters
from contextlib import AbstractContextManager

from runner.interpreter_pool import crew, here
from runner.work import Params, Probe
from workloads.speedup.parts import add_up, make_table, split

Crew = list[interpreters.Interpreter]


def work(passes: int, results: interpreters.Queue) -> None:
    results.put((here(), add_up(make_table(), passes)))


def prepare(params: Params, probe: Probe) -> AbstractContextManager[Crew]:
    return crew(__name__, params.workers)


def run(params: Params, probe: Probe, workers: Crew) -> int:
    results = interpreters.create_queue()
    parts = split(params.passes, len(workers))
    threads = [
        worker.call_in_thread(work, passes, results)
        for worker, passes in zip(workers, parts, strict=True)
    ]
    for thread in threads:
        thread.join()
    done = [results.get_nowait() for _ in threads]
    probe.observe_least("workers_seen", len({worker for worker, _ in done}))
    return sum(total for _, total in done)
