"""One task per part in a task group; the tasks never wait, so they run one after the other."""

import asyncio
from threading import get_ident

from runner.work import Params, Probe
from workloads.speedup.parts import add_up, make_table, split


async def run(params: Params, probe: Probe) -> int:
    shared = make_table() if params.text("state") == "shared" else None

    async def work(passes: int) -> tuple[int, int]:
        return get_ident(), add_up(shared or make_table(), passes)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work(passes)) for passes in split(params.passes, params.workers)]
    done = [task.result() for task in tasks]
    probe.observe("workers_seen", len({worker for worker, _ in done}))
    return sum(total for _, total in done)
