"""Tasks A, B and C in a task group, on either backend; its cancel scope is cancelled."""

import anyio

from runner.work import Params, Probe
from scenes.cleanup.work import HOUR_S
from scenes.threetasks.work import compute


async def run(params: Params, probe: Probe) -> int:
    cleaned = 0

    async def wait() -> None:
        nonlocal cleaned
        try:
            await anyio.sleep(HOUR_S)
        finally:
            compute(params.loops)
            cleaned += 1

    async with anyio.create_task_group() as group:
        for name in ("A", "B", "C"):
            group.start_soon(wait, name=name)
        await anyio.sleep(params.wait_ns / 1e9)
        group.cancel_scope.cancel()
    return cleaned
