"""Read a context variable in a thread of to_thread.run_sync."""

from contextvars import ContextVar

import anyio
import anyio.to_thread

from runner.witness import Witness

VARIABLE = ContextVar("variable", default="default")


async def probe(witness: Witness) -> str:
    VARIABLE.set("set by the task")
    value = await anyio.to_thread.run_sync(VARIABLE.get)
    witness.saw(f"the thread reads {value!r}")
    return "lost" if value == "default" else "carried"
