"""A timeout around a wait."""

import anyio

from runner.witness import Witness

LIMIT_S, WORK_S = 0.02, 0.2


async def probe(witness: Witness) -> str:
    ended: list[str] = []

    async def work() -> None:
        await anyio.sleep(WORK_S)
        ended.append("work")

    with anyio.move_on_after(LIMIT_S) as scope:
        await work()
    witness.saw(f"the scope caught its cancellation: {scope.cancelled_caught}; ended: {ended}")
    if ended:
        return "too late"
    await anyio.sleep(2 * WORK_S)
    witness.saw(f"ended later: {ended}")
    return "runs on" if ended else "interrupted"
