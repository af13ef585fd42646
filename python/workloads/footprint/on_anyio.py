"""Tasks in a task group that wait for an event, on either backend."""

import anyio

from runner.work import Params, Probe

STEPS = 4


async def run(params: Params, probe: Probe) -> int:
    event = anyio.Event()
    started = waiting = ended = 0

    async def wait() -> None:
        nonlocal waiting, ended
        waiting += 1
        if waiting == target:
            all_wait.set()  # seen only when this task waits, too
        await event.wait()
        ended += 1

    async with anyio.create_task_group() as group:
        for step in range(1, STEPS + 1):
            target, all_wait = step * params.tasks // STEPS, anyio.Event()
            while started < target:
                group.start_soon(wait)
                started += 1
            await all_wait.wait()
            probe.parked(started)
        event.set()
    return ended
