"""A task is left when main returns."""

import asyncio

from runner.witness import Witness


def probe(witness: Witness) -> None:
    tasks: list[asyncio.Task[None]] = []

    async def orphan() -> None:
        try:
            await asyncio.sleep(0.1)
            witness.conclude("waited for")
        except asyncio.CancelledError:
            witness.conclude("cancelled")
            raise

    async def main() -> None:
        tasks.append(asyncio.create_task(orphan()))
        await asyncio.sleep(0)
        witness.saw("main returns")

    witness.conclude("abandoned")
    witness.boot(main)
