"""Wait in the cleanup of a cancelled task."""

import anyio

from runner.witness import Witness


async def probe(witness: Witness) -> str:
    ran: list[str] = []

    async def work() -> None:
        try:
            await anyio.sleep(1)
        finally:
            ran.append("cleanup begins")
            await anyio.sleep(0.02)
            ran.append("cleanup ends")

    async with anyio.create_task_group() as group:
        group.start_soon(work)
        await anyio.sleep(0.01)
        group.cancel_scope.cancel()
    witness.saw(f"ran: {', '.join(ran)}")
    return "waits" if "cleanup ends" in ran else "cut short"
