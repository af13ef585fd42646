"""One task per part, each on an event loop of its own, in its own thread."""

from asyncio import AbstractEventLoop
from contextlib import AbstractContextManager
from threading import get_ident

from runner.loops import run_on_each, running
from runner.work import Params, Probe
from workloads.speedup.parts import add_up, make_table, split


def prepare(params: Params, probe: Probe) -> AbstractContextManager[list[AbstractEventLoop]]:
    return running(params.workers)


def run(params: Params, probe: Probe, loops: list[AbstractEventLoop]) -> int:
    shared = make_table() if params.text("state") == "shared" else None
    parts = split(params.passes, len(loops))

    async def work(worker: int) -> tuple[int, int]:
        return get_ident(), add_up(shared or make_table(), parts[worker])

    done = run_on_each(loops, work)
    probe.observe_least("workers_seen", len({worker for worker, _ in done}))
    return sum(total for _, total in done)
