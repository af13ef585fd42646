"""Ignore a cancellation, and wait again."""

import anyio

from runner.witness import Witness


async def probe(witness: Witness) -> str:
    words: list[str] = []

    async def stubborn() -> None:
        try:
            await anyio.sleep(1)
        except anyio.get_cancelled_exc_class():
            witness.saw("cancelled at the first wait; ignores it")
        try:
            await anyio.sleep(0.02)
        except anyio.get_cancelled_exc_class():
            witness.saw("cancelled at the second wait")
            words.append("at every wait")
            raise
        witness.saw("the second wait ended in time")
        words.append("once")

    async with anyio.create_task_group() as group:
        group.start_soon(stubborn)
        await anyio.sleep(0.01)
        group.cancel_scope.cancel()
    return words[0]
