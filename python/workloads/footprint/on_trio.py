"""Tasks in a nursery that wait for an event."""

import trio
from trio.testing import wait_all_tasks_blocked

from runner.work import Params, Probe

STEPS = 4


async def run(params: Params, probe: Probe) -> int:
    event = trio.Event()
    started = ended = 0

    async def wait() -> None:
        nonlocal ended
        await event.wait()
        ended += 1

    async with trio.open_nursery() as nursery:
        for step in range(1, STEPS + 1):
            while started < step * params.tasks // STEPS:
                nursery.start_soon(wait)
                started += 1
            await wait_all_tasks_blocked()
            probe.parked(started)
        event.set()
    return ended
