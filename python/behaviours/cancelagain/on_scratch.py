"""Ignore a cancellation, and wait again."""

from runner import scratch
from runner.witness import Witness


async def probe(witness: Witness) -> str:
    async def stubborn() -> str:
        try:
            await scratch.sleep(1)
        except scratch.Cancelled:
            witness.saw("cancelled at the first wait; ignores it")
        try:
            await scratch.sleep(0.02)
        except scratch.Cancelled:
            witness.saw("cancelled at the second wait")
            return "at every wait"
        witness.saw("the second wait ended in time")
        return "once"

    task = scratch.spawn(stubborn())
    await scratch.sleep(0.01)
    task.cancel()
    return await task
