"""Cancel a task that waits in a try block."""

import trio

from runner.witness import Witness


async def probe(witness: Witness) -> str:
    ran: list[str] = []

    async def work() -> None:
        try:
            await trio.sleep(0.1)
            ran.append("the rest of the work")
        finally:
            ran.append("cleanup")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(work)
        await trio.sleep(0.01)
        nursery.cancel_scope.cancel()
    witness.saw(f"ran: {', '.join(ran) or 'nothing'}")
    if "the rest of the work" in ran:
        return "not cancelled"
    return "runs" if ran else "skipped"
