"""A task is left when the body of the outermost group ends."""

import anyio

from runner.witness import Witness


def probe(witness: Witness) -> None:
    async def orphan() -> None:
        try:
            await anyio.sleep(0.1)
            witness.conclude("waited for")
        except anyio.get_cancelled_exc_class():
            witness.conclude("cancelled")
            raise

    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(orphan)
            witness.saw("the body of the group ends")

    witness.conclude("abandoned")
    witness.boot(main)
