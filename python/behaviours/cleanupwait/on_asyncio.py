"""Wait in the cleanup of a cancelled task."""

import asyncio

from runner.witness import Witness


async def probe(witness: Witness) -> str:
    ran: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(1)
        finally:
            ran.append("cleanup begins")
            await asyncio.sleep(0.02)
            ran.append("cleanup ends")

    task = asyncio.create_task(work())
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task])
    witness.saw(f"ran: {', '.join(ran)}")
    return "waits" if "cleanup ends" in ran else "cut short"
