"""A timeout around a wait."""

import asyncio

from runner.witness import Witness

LIMIT_S, WORK_S = 0.02, 0.2


async def probe(witness: Witness) -> str:
    ended: list[str] = []

    async def work() -> None:
        await asyncio.sleep(WORK_S)
        ended.append("work")

    task = None
    try:
        async with asyncio.timeout(LIMIT_S):
            task = asyncio.create_task(work())
            await task
    except TimeoutError:
        witness.saw(f"TimeoutError was raised; ended by then: {ended}")
    if ended:
        return "too late"
    await asyncio.sleep(2 * WORK_S)
    witness.saw(f"ended later: {ended}")
    return "runs on" if ended else "interrupted"
