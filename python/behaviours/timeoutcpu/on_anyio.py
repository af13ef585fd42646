"""A timeout around a computation."""

import time

import anyio

from runner.witness import Witness

LIMIT_S, WORK_S = 0.02, 0.2


async def probe(witness: Witness) -> str:
    ended: list[str] = []

    async def work() -> None:
        until = time.monotonic() + WORK_S
        while time.monotonic() < until:
            pass
        ended.append("work")

    with anyio.move_on_after(LIMIT_S) as scope:
        await work()
    witness.saw(f"the scope caught its cancellation: {scope.cancelled_caught}; ended: {ended}")
    return "too late" if ended else "interrupted"
