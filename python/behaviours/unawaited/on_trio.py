"""A task fails in a nursery whose block does nothing but start it."""

import trio

from runner.witness import Witness


async def probe(witness: Witness) -> str:
    word = "silent"

    async def failing() -> None:
        raise ValueError("nobody waits for this")

    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(failing)
    except* ValueError as failures:
        witness.saw(f"the nursery raised {failures.exceptions!r}")
        word = "raised"
    return word
