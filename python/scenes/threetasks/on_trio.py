"""Tasks A, B and C in a nursery."""

import trio

from runner.work import Params, Probe
from scenes.threetasks.work import compute


async def run(params: Params, probe: Probe) -> int:
    done = 0

    async def step() -> None:
        nonlocal done
        for _ in range(params.steps):
            compute(params.loops)
            done += 1
            await trio.sleep(params.wait_ns / 1e9)

    async with trio.open_nursery() as nursery:
        for name in ("A", "B", "C"):
            nursery.start_soon(step, name=name)
    return done
