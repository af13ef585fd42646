"""A task counts while another one computes."""

import time

from runner import scratch
from runner.witness import Witness

WORK_S = 0.1


async def probe(witness: Witness) -> str:
    ticks = 0

    async def count() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await scratch.sleep(0.001)

    task = scratch.spawn(count())
    await scratch.sleep(0.01)
    before, until = ticks, time.monotonic() + WORK_S
    while time.monotonic() < until:
        pass
    meanwhile = ticks - before
    task.cancel()
    witness.saw(f"ticks before: {before}; during the computation: {meanwhile}")
    return "yes" if meanwhile else "no"
