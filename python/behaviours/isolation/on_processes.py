"""A process sets a context variable that its parent has set before."""

from contextvars import ContextVar
from multiprocessing import get_context

from runner.models import START_METHOD
from runner.witness import Witness

VARIABLE = ContextVar("variable", default=0)


def change() -> None:
    VARIABLE.set(2)


def probe(witness: Witness) -> str:
    VARIABLE.set(1)
    child = get_context(START_METHOD).Process(target=change)
    child.start()
    child.join()
    witness.saw(f"the parent reads {VARIABLE.get()}")
    return "isolated" if VARIABLE.get() == 1 else "shared"
