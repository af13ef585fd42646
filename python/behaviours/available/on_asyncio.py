"""Take items from a queue while another task is ready."""

import asyncio

from runner.witness import Witness

ITEMS = 3


async def probe(witness: Witness) -> str:
    queue: asyncio.Queue[int] = asyncio.Queue()
    ran: list[str] = []

    async def other() -> None:
        ran.append("other")

    for item in range(ITEMS):
        queue.put_nowait(item)
    # Not a task, which an eager loop would run at once.
    asyncio.get_running_loop().call_soon(ran.append, "other")
    for _ in range(ITEMS):
        await queue.get()
    witness.saw(f"the other one ran while items were taken: {bool(ran)}")
    word = "yes" if ran else "no"
    await other()
    return word
