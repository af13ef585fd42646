"""A task is left when main returns."""

from runner import scratch
from runner.witness import Witness


def probe(witness: Witness) -> None:
    async def orphan() -> None:
        try:
            await scratch.sleep(0.1)
            witness.conclude("waited for")
        except scratch.Cancelled:
            witness.conclude("cancelled")
            raise

    async def main() -> None:
        scratch.spawn(orphan())
        await scratch.checkpoint()
        witness.saw("main returns")

    witness.conclude("abandoned")
    witness.boot(main)
