"""Tasks that sleep for an hour and are cancelled with their task group, on either backend."""

import anyio

from runner.work import Params, Probe

STEPS = 4
HOUR_S = 3_600


async def run(params: Params, probe: Probe) -> int:
    started = waiting = ended = 0

    async def wait() -> None:
        nonlocal waiting, ended
        waiting += 1
        if waiting == target:
            all_wait.set()  # seen only when this task sleeps, too
        try:
            await anyio.sleep(HOUR_S)
        except anyio.get_cancelled_exc_class():
            ended += 1
            raise

    async with anyio.create_task_group() as group:
        for step in range(1, STEPS + 1):
            target, all_wait = step * params.tasks // STEPS, anyio.Event()
            while started < target:
                group.start_soon(wait)
                started += 1
            await all_wait.wait()
            probe.parked(started)
        group.cancel_scope.cancel()
    return ended
