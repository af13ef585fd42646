"""Cancel a task before its first step."""

import asyncio

from runner.witness import Witness


async def probe(witness: Witness) -> str:
    ran: list[str] = []

    async def work() -> None:
        ran.append("first line")
        await asyncio.sleep(0.01)
        ran.append("last line")

    task = asyncio.create_task(work())
    task.cancel()
    await asyncio.wait([task])
    witness.saw(f"ran: {', '.join(ran) or 'nothing'}")
    return "starts" if ran else "never starts"
