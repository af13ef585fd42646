"""Start a loop from a task."""

import asyncio

from runner.witness import Witness


async def probe(witness: Witness) -> str:
    async def inner() -> None:
        """Do nothing, in a second loop."""

    async def main() -> None:
        await inner()

    coroutine = main()
    try:
        asyncio.run(coroutine)
    except RuntimeError as error:
        coroutine.close()
        witness.saw(f"RuntimeError: {error}")
        return "refused"
    return "allowed"
