"""A blocking call, cancelled by its parent when the time is up: the loop has no timeouts."""

import time

from runner import scratch
from runner.witness import Witness

LIMIT_S, WORK_S = 0.02, 0.2


async def probe(witness: Witness) -> str:
    ended: list[str] = []

    async def work() -> None:
        time.sleep(WORK_S)  # noqa: ASYNC251 - blocks the loop, on purpose
        ended.append("work")

    task = scratch.spawn(work())
    await scratch.sleep(LIMIT_S)
    witness.saw(f"the time is up for the parent; ended by then: {ended}")
    task.cancel()
    return "too late" if ended else "interrupted"
