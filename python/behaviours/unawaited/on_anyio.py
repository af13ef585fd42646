"""A task fails in a group whose block does nothing but start it."""

import anyio

from runner.witness import Witness


async def probe(witness: Witness) -> str:
    word = "silent"

    async def failing() -> None:
        raise ValueError("nobody waits for this")

    try:
        async with anyio.create_task_group() as group:
            group.start_soon(failing)
    except* ValueError as failures:
        witness.saw(f"the group raised {failures.exceptions!r}")
        word = "raised"
    return word
