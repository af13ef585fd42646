"""Set a context variable, and start a task that reads it."""

from contextvars import ContextVar

import trio

from runner.witness import Witness

VARIABLE = ContextVar("variable", default="default")


async def probe(witness: Witness) -> str:
    values: list[str] = []

    async def read() -> None:
        values.append(VARIABLE.get())

    VARIABLE.set("set by the parent")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(read)
    witness.saw(f"the task reads {values[0]!r}")
    return "no" if values == ["default"] else "yes"
