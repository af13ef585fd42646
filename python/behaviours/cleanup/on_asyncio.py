"""Cancel a task that waits in a try block."""

import asyncio

from runner.witness import Witness


async def probe(witness: Witness) -> str:
    ran: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(0.1)
            ran.append("the rest of the work")
        finally:
            ran.append("cleanup")

    task = asyncio.create_task(work())
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task])
    witness.saw(f"ran: {', '.join(ran) or 'nothing'}; the task is cancelled: {task.cancelled()}")
    if "the rest of the work" in ran:
        return "not cancelled"
    return "runs" if ran else "skipped"
