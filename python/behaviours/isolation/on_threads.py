"""A thread sets a context variable that its parent has set before."""

from contextvars import ContextVar
from threading import Thread

from runner.witness import Witness

VARIABLE = ContextVar("variable", default=0)


def probe(witness: Witness) -> str:
    VARIABLE.set(1)
    thread = Thread(target=VARIABLE.set, args=(2,))
    thread.start()
    thread.join()
    witness.saw(f"the parent reads {VARIABLE.get()}")
    return "isolated" if VARIABLE.get() == 1 else "shared"
