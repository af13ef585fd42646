"""A timeout around a blocking call."""

import time

import anyio

from runner.witness import Witness

LIMIT_S, WORK_S = 0.02, 0.2


async def probe(witness: Witness) -> str:
    ended: list[str] = []

    async def work() -> None:
        time.sleep(WORK_S)  # noqa: ASYNC251 - blocks the loop, on purpose
        ended.append("work")

    with anyio.move_on_after(LIMIT_S) as scope:
        await work()
    witness.saw(f"the scope caught its cancellation: {scope.cancelled_caught}; ended: {ended}")
    return "too late" if ended else "interrupted"
