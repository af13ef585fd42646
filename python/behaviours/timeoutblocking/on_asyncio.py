"""A timeout around a blocking call."""

import asyncio
import time

from runner.witness import Witness

LIMIT_S, WORK_S = 0.02, 0.2


async def probe(witness: Witness) -> str:
    ended: list[str] = []

    async def work() -> None:
        time.sleep(WORK_S)  # noqa: ASYNC251 - blocks the loop, on purpose
        ended.append("work")

    try:
        async with asyncio.timeout(LIMIT_S):
            await work()
        witness.saw("TimeoutError was not raised")
    except TimeoutError:
        witness.saw("TimeoutError was raised")
    witness.saw(f"ended by then: {ended}")
    return "too late" if ended else "interrupted"
