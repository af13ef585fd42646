"""Tasks in a nursery that wait for an event."""

import trio
from trio.testing import wait_all_tasks_blocked

from runner.work import Params, Probe
from workloads.ceiling.budget import Budget


async def run(params: Params, probe: Probe) -> int:
    event = trio.Event()
    started = waiting = ended = 0

    async def wait() -> None:
        nonlocal waiting, ended
        waiting += 1
        await event.wait()
        waiting -= 1
        ended += 1

    budget = Budget(params, probe)
    async with trio.open_nursery() as nursery:
        while (target := budget.grow(waiting)) > started:
            while started < target:
                nursery.start_soon(wait)
                started += 1
            await wait_all_tasks_blocked()
        event.set()
    return started - ended
