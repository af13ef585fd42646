"""Take items from a stream while another task is ready."""

import anyio

from runner.witness import Witness

ITEMS = 3


async def probe(witness: Witness) -> str:
    send, receive = anyio.create_memory_object_stream[int](ITEMS)
    ran: list[str] = []

    async def other() -> None:
        ran.append("other")

    async with send, receive, anyio.create_task_group() as group:
        for item in range(ITEMS):
            send.send_nowait(item)
        group.start_soon(other)
        for _ in range(ITEMS):
            await receive.receive()
        word = "yes" if ran else "no"
        witness.saw(f"the other one ran while items were taken: {bool(ran)}")
    return word
