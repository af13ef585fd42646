"""Cancel a task that waits in a try block."""

import anyio

from runner.witness import Witness


async def probe(witness: Witness) -> str:
    ran: list[str] = []

    async def work() -> None:
        try:
            await anyio.sleep(0.1)
            ran.append("the rest of the work")
        finally:
            ran.append("cleanup")

    async with anyio.create_task_group() as group:
        group.start_soon(work)
        await anyio.sleep(0.01)
        group.cancel_scope.cancel()
    witness.saw(f"ran: {', '.join(ran) or 'nothing'}")
    if "the rest of the work" in ran:
        return "not cancelled"
    return "runs" if ran else "skipped"
