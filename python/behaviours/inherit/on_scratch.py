"""Set a context variable, and start a task that reads it."""

from contextvars import ContextVar

from runner import scratch
from runner.witness import Witness

VARIABLE = ContextVar("variable", default="default")


async def probe(witness: Witness) -> str:
    async def read() -> str:
        return VARIABLE.get()

    VARIABLE.set("set by the parent")
    value = await scratch.spawn(read())
    witness.saw(f"the task reads {value!r}")
    return "no" if value == "default" else "yes"
