"""Take items from a channel while another task is ready."""

from runner import scratch
from runner.witness import Witness

ITEMS = 3


async def probe(witness: Witness) -> str:
    channel: scratch.Channel[int] = scratch.Channel(ITEMS)
    ran: list[str] = []

    async def other() -> None:
        ran.append("other")

    for item in range(ITEMS):
        await channel.send(item)
    scratch.spawn(other())
    for _ in range(ITEMS):
        await channel.receive()
    witness.saw(f"the other one ran while items were taken: {bool(ran)}")
    return "yes" if ran else "no"
