"""Wait in the cleanup of a cancelled task."""

import trio

from runner.witness import Witness


async def probe(witness: Witness) -> str:
    ran: list[str] = []

    async def work() -> None:
        try:
            await trio.sleep(1)
        finally:
            ran.append("cleanup begins")
            await trio.sleep(0.02)
            ran.append("cleanup ends")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(work)
        await trio.sleep(0.01)
        nursery.cancel_scope.cancel()
    witness.saw(f"ran: {', '.join(ran)}")
    return "waits" if "cleanup ends" in ran else "cut short"
