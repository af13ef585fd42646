"""A greenlet sets a context variable that its parent has set before."""

from contextvars import ContextVar

import gevent

from runner.witness import Witness

VARIABLE = ContextVar("variable", default=0)


def probe(witness: Witness) -> str:
    VARIABLE.set(1)
    gevent.spawn(VARIABLE.set, 2).join()
    witness.saw(f"the parent reads {VARIABLE.get()}")
    return "isolated" if VARIABLE.get() == 1 else "shared"
