"""Ignore a cancellation, and wait again."""

import asyncio

from runner.witness import Witness


async def probe(witness: Witness) -> str:
    async def stubborn() -> str:
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            witness.saw("cancelled at the first wait; ignores it")
        try:
            await asyncio.sleep(0.02)
        except asyncio.CancelledError:
            witness.saw("cancelled at the second wait")
            return "at every wait"
        witness.saw("the second wait ended in time")
        return "once"

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0.01)
    task.cancel()
    return await task
