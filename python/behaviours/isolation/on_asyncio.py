"""A task sets a context variable that its parent has set before."""

import asyncio
from contextvars import ContextVar

from runner.witness import Witness

VARIABLE = ContextVar("variable", default=0)


async def probe(witness: Witness) -> str:
    async def change() -> None:
        VARIABLE.set(2)

    VARIABLE.set(1)
    await asyncio.create_task(change())
    witness.saw(f"the parent reads {VARIABLE.get()}")
    return "isolated" if VARIABLE.get() == 1 else "shared"
