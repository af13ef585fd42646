"""Tasks in a task group that wait for an event, on either backend."""

import anyio

from runner.work import Params, Probe
from workloads.ceiling.budget import Budget


async def run(params: Params, probe: Probe) -> int:
    event = anyio.Event()
    started = waiting = ended = 0

    async def wait() -> None:
        nonlocal waiting, ended
        waiting += 1
        if waiting == target:
            all_wait.set()  # seen only when this task waits, too
        await event.wait()
        waiting -= 1
        ended += 1

    budget = Budget(params, probe)
    async with anyio.create_task_group() as group:
        while (target := budget.grow(waiting)) > started:
            all_wait = anyio.Event()
            while started < target:
                group.start_soon(wait)
                started += 1
            await all_wait.wait()
        event.set()
    return started - ended
