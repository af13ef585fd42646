"""Read a context variable in a thread of the hub's pool."""

from contextvars import ContextVar

import gevent

from runner.witness import Witness

VARIABLE = ContextVar("variable", default="default")


def probe(witness: Witness) -> str:
    VARIABLE.set("set by the greenlet")
    value = gevent.get_hub().threadpool.apply(VARIABLE.get)
    witness.saw(f"the thread reads {value!r}")
    return "lost" if value == "default" else "carried"
