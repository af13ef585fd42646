"""Tasks in a task group that wait for an event, on either backend."""

import anyio

from runner.work import Params, Probe

STEPS = 4


async def run(params: Params, probe: Probe) -> int:
    event = anyio.Event()
    started = ended = 0

    async def wait() -> None:
        nonlocal ended
        await event.wait()
        ended += 1

    async with anyio.create_task_group() as group:
        for step in range(1, STEPS + 1):
            while started < step * params.tasks // STEPS:
                group.start_soon(wait)
                started += 1
            await anyio.wait_all_tasks_blocked()
            probe.parked(started)
        event.set()
    return ended
