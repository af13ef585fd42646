"""Block the loop in debug mode."""

import asyncio
import logging
import time

from runner.witness import Witness


async def probe(witness: Witness) -> str:
    messages: list[str] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            messages.append(record.getMessage())

    logging.getLogger("asyncio").addHandler(Keeper())
    loop = asyncio.get_running_loop()
    loop.set_debug(enabled=True)
    loop.call_soon(time.sleep, 0.2)
    await asyncio.sleep(0.01)
    loop.set_debug(enabled=False)
    witness.saw(f"logged: {messages}")
    return "logged" if any("took" in message for message in messages) else "silent"
