"""Tasks that wait for one event, all in one nursery."""

import trio
from trio.testing import wait_all_tasks_blocked

from runner.work import Params, Probe

STEPS = 4


async def run(params: Params, probe: Probe) -> int:
    told = trio.Event()
    started = ended = 0

    async def wait() -> None:
        nonlocal ended
        await told.wait()
        ended += 1

    async with trio.open_nursery() as nursery:
        for step in range(1, STEPS + 1):
            while started < step * params.tasks // STEPS:
                nursery.start_soon(wait)
                started += 1
            await wait_all_tasks_blocked()
            probe.parked(started)
        told.set()
    return ended
