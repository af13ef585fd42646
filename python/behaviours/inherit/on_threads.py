"""Set a context variable, and start a thread that reads it."""

from contextvars import ContextVar
from threading import Thread

from runner.witness import Witness

VARIABLE = ContextVar("variable", default="default")


def probe(witness: Witness) -> str:
    values: list[str] = []
    VARIABLE.set("set by the parent")
    thread = Thread(target=lambda: values.append(VARIABLE.get()))
    thread.start()
    thread.join()
    witness.saw(f"the thread reads {values[0]!r}")
    return "no" if values == ["default"] else "yes"
