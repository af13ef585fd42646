"""Tasks A, B and C in a nursery, whose cancel scope is cancelled."""

import trio

from runner.work import Params, Probe
from scenes.cleanup.work import HOUR_S
from scenes.threetasks.work import compute


async def run(params: Params, probe: Probe) -> int:
    cleaned = 0

    async def wait() -> None:
        nonlocal cleaned
        try:
            await trio.sleep(HOUR_S)
        finally:
            compute(params.loops)
            cleaned += 1

    async with trio.open_nursery() as nursery:
        for name in ("A", "B", "C"):
            nursery.start_soon(wait, name=name)
        await trio.sleep(params.wait_ns / 1e9)
        nursery.cancel_scope.cancel()
    return cleaned
