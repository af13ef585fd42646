"""Tasks A, B and C in a task group, on either backend."""

import anyio

from runner.work import Params, Probe
from scenes.threetasks.work import compute


async def run(params: Params, probe: Probe) -> int:
    done = 0

    async def step() -> None:
        nonlocal done
        for _ in range(params.steps):
            compute(params.loops)
            done += 1
            await anyio.sleep(params.wait_ns / 1e9)

    async with anyio.create_task_group() as group:
        for name in ("A", "B", "C"):
            group.start_soon(step, name=name)
    return done
