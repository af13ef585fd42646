"""Make a callback, a timer and a socket due at the same time."""

import asyncio
import socket
import time

from runner.witness import Witness

DELAY_S = 0.01


async def probe(witness: Witness) -> str:
    loop = asyncio.get_running_loop()
    order: list[str] = []
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)

        def on_readable() -> None:
            loop.remove_reader(ours)
            order.append("io")

        loop.add_reader(ours, on_readable)
        await asyncio.sleep(0.001)  # the loop has registered the socket
        loop.call_later(DELAY_S, order.append, "timer")
        theirs.send(b"1")
        loop.call_soon(order.append, "ready")
        time.sleep(2 * DELAY_S)  # noqa: ASYNC251 - the timer is due before the loop continues
        await asyncio.sleep(0.05)
    witness.saw(f"the order: {', '.join(order)}")
    return " ".join(order)
