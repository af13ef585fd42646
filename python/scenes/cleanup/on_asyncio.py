"""Tasks A, B and C are cancelled, and gathered."""

import asyncio

from runner.work import Params, Probe
from scenes.cleanup.work import HOUR_S
from scenes.threetasks.work import compute


async def run(params: Params, probe: Probe) -> int:
    cleaned = 0

    async def wait() -> None:
        nonlocal cleaned
        try:
            await asyncio.sleep(HOUR_S)
        finally:
            compute(params.loops)
            cleaned += 1

    tasks = [asyncio.create_task(wait(), name=name) for name in ("A", "B", "C")]
    await asyncio.sleep(params.wait_ns / 1e9)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return cleaned
