"""Take items from a channel while another task is ready."""

import trio

from runner.witness import Witness

ITEMS = 3


async def probe(witness: Witness) -> str:
    send, receive = trio.open_memory_channel[int](ITEMS)
    ran: list[str] = []

    async def other() -> None:
        ran.append("other")

    async with send, receive, trio.open_nursery() as nursery:
        for item in range(ITEMS):
            send.send_nowait(item)
        nursery.start_soon(other)
        for _ in range(ITEMS):
            await receive.receive()
        word = "yes" if ran else "no"
        witness.saw(f"the other one ran while items were taken: {bool(ran)}")
    return word
