"""Start a loop from a task."""

import anyio

from runner.witness import Witness


async def probe(witness: Witness) -> str:
    async def inner() -> None:
        """Do nothing, in a second loop."""

    try:
        anyio.run(inner)
    except RuntimeError as error:
        witness.saw(f"RuntimeError: {error}")
        return "refused"
    return "allowed"
