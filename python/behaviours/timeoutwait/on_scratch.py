"""A wait, cancelled by its parent when the time is up: the loop has no timeouts."""

from runner import scratch
from runner.witness import Witness

LIMIT_S, WORK_S = 0.02, 0.2


async def probe(witness: Witness) -> str:
    ended: list[str] = []

    async def work() -> None:
        await scratch.sleep(WORK_S)
        ended.append("work")

    task = scratch.spawn(work())
    await scratch.sleep(LIMIT_S)
    task.cancel()
    witness.saw(f"cancelled; ended by then: {ended}")
    if ended:
        return "too late"
    await scratch.sleep(2 * WORK_S)
    witness.saw(f"ended later: {ended}")
    return "runs on" if ended else "interrupted"
