"""Cancel a task before its first step."""

import trio

from runner.witness import Witness


async def probe(witness: Witness) -> str:
    ran: list[str] = []

    async def work() -> None:
        ran.append("first line")
        await trio.sleep(0.01)
        ran.append("last line")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(work)
        nursery.cancel_scope.cancel()
    witness.saw(f"ran: {', '.join(ran) or 'nothing'}")
    return "starts" if ran else "never starts"
