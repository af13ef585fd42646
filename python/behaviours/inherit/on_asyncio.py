"""Set a context variable, and start a task that reads it."""

import asyncio
from contextvars import ContextVar

from runner.witness import Witness

VARIABLE = ContextVar("variable", default="default")


async def probe(witness: Witness) -> str:
    async def read() -> str:
        return VARIABLE.get()

    VARIABLE.set("set by the parent")
    value = await asyncio.create_task(read())
    witness.saw(f"the task reads {value!r}")
    return "no" if value == "default" else "yes"
