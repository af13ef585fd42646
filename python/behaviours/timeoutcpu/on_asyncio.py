"""A timeout around a computation."""

import asyncio
import time

from runner.witness import Witness

LIMIT_S, WORK_S = 0.02, 0.2


async def probe(witness: Witness) -> str:
    ended: list[str] = []

    async def work() -> None:
        until = time.monotonic() + WORK_S
        while time.monotonic() < until:
            pass
        ended.append("work")

    try:
        async with asyncio.timeout(LIMIT_S):
            await work()
        witness.saw("TimeoutError was not raised")
    except TimeoutError:
        witness.saw("TimeoutError was raised")
    witness.saw(f"ended by then: {ended}")
    return "too late" if ended else "interrupted"
