"""A task is left when the body of the outermost nursery ends."""

import trio

from runner.witness import Witness


def probe(witness: Witness) -> None:
    async def orphan() -> None:
        try:
            await trio.sleep(0.1)
            witness.conclude("waited for")
        except trio.Cancelled:
            witness.conclude("cancelled")
            raise

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(orphan)
            witness.saw("the body of the nursery ends")

    witness.conclude("abandoned")
    witness.boot(main)
