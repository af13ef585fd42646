"""A timeout around to_thread.run_sync."""

import time

import trio

from runner.witness import Witness

LIMIT_S, WORK_S = 0.02, 0.2


async def probe(witness: Witness) -> str:
    ended: list[str] = []

    def work() -> None:
        time.sleep(WORK_S)
        ended.append("work")

    with trio.move_on_after(LIMIT_S) as scope:
        await trio.to_thread.run_sync(work)
    witness.saw(f"the scope caught its cancellation: {scope.cancelled_caught}; ended: {ended}")
    if ended:
        return "too late"
    await trio.sleep(2 * WORK_S)
    witness.saw(f"ended later: {ended}")
    return "runs on" if ended else "interrupted"
