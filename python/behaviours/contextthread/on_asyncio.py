"""Read a context variable in a thread of to_thread."""

import asyncio
from contextvars import ContextVar

from runner.witness import Witness

VARIABLE = ContextVar("variable", default="default")


async def probe(witness: Witness) -> str:
    VARIABLE.set("set by the task")
    value = await asyncio.to_thread(VARIABLE.get)
    witness.saw(f"to_thread reads {value!r}")
    by_executor = await asyncio.get_running_loop().run_in_executor(None, VARIABLE.get)
    witness.saw(f"for comparison, run_in_executor reads {by_executor!r}")
    return "lost" if value == "default" else "carried"
