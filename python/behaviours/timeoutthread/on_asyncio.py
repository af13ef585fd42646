"""A timeout around to_thread."""

import asyncio
import time

from runner.witness import Witness

LIMIT_S, WORK_S = 0.02, 0.2


async def probe(witness: Witness) -> str:
    ended: list[str] = []

    def work() -> None:
        time.sleep(WORK_S)
        ended.append("work")

    try:
        async with asyncio.timeout(LIMIT_S):
            await asyncio.to_thread(work)
    except TimeoutError:
        witness.saw(f"TimeoutError was raised; ended by then: {ended}")
    if ended:
        return "too late"
    await asyncio.sleep(2 * WORK_S)
    witness.saw(f"ended later: {ended}")
    return "runs on" if ended else "interrupted"
