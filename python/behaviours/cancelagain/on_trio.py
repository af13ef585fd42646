"""Ignore a cancellation, and wait again."""

import trio

from runner.witness import Witness


async def probe(witness: Witness) -> str:
    words: list[str] = []

    async def stubborn() -> None:
        try:
            await trio.sleep(1)
        except trio.Cancelled:
            witness.saw("cancelled at the first wait; ignores it")
        try:
            await trio.sleep(0.02)
        except trio.Cancelled:
            witness.saw("cancelled at the second wait")
            words.append("at every wait")
            raise
        witness.saw("the second wait ended in time")
        words.append("once")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(stubborn)
        await trio.sleep(0.01)
        nursery.cancel_scope.cancel()
    return words[0]
