"""Make a task, a timer and a socket due at the same time."""

import socket
import time

from runner import scratch
from runner.witness import Witness

DELAY_S = 0.01


async def probe(witness: Witness) -> str:
    order: list[str] = []
    ours, theirs = socket.socketpair()

    async def ready() -> None:
        order.append("ready")

    async def timer() -> None:
        await scratch.sleep(DELAY_S)
        order.append("timer")

    async def reader() -> None:
        await scratch.wait_readable(ours)
        order.append("io")

    with ours, theirs:
        async with scratch.TaskGroup() as group:
            group.spawn(timer())
            group.spawn(reader())
            await scratch.checkpoint()  # both wait
            theirs.send(b"1")
            group.spawn(ready())
            time.sleep(2 * DELAY_S)  # noqa: ASYNC251 - the timer is due before the loop continues
    witness.saw(f"the order: {', '.join(order)}")
    return " ".join(order)
