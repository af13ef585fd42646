"""Set a context variable, and start a greenlet that reads it."""

from contextvars import ContextVar

import gevent

from runner.witness import Witness

VARIABLE = ContextVar("variable", default="default")


def probe(witness: Witness) -> str:
    VARIABLE.set("set by the parent")
    value = gevent.spawn(VARIABLE.get).get()
    witness.saw(f"the greenlet reads {value!r}")
    return "no" if value == "default" else "yes"
