"""Tasks that sleep for an hour and are cancelled with their nursery."""

import trio
from trio.testing import wait_all_tasks_blocked

from runner.work import Params, Probe

STEPS = 4
HOUR_S = 3_600


async def run(params: Params, probe: Probe) -> int:
    started = ended = 0

    async def wait() -> None:
        nonlocal ended
        try:
            await trio.sleep(HOUR_S)
        except trio.Cancelled:
            ended += 1
            raise

    async with trio.open_nursery() as nursery:
        for step in range(1, STEPS + 1):
            while started < step * params.tasks // STEPS:
                nursery.start_soon(wait)
                started += 1
            await wait_all_tasks_blocked()
            probe.parked(started)
        nursery.cancel_scope.cancel()
    return ended
