"""Cancel a task before its first step."""

import anyio

from runner.witness import Witness


async def probe(witness: Witness) -> str:
    ran: list[str] = []

    async def work() -> None:
        ran.append("first line")
        await anyio.sleep(0.01)
        ran.append("last line")

    async with anyio.create_task_group() as group:
        group.start_soon(work)
        group.cancel_scope.cancel()
    witness.saw(f"ran: {', '.join(ran) or 'nothing'}")
    return "starts" if ran else "never starts"
