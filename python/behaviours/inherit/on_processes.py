"""Set a context variable, and start a process that reads it."""

from contextvars import ContextVar
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue

from runner.models import START_METHOD
from runner.witness import Witness

VARIABLE = ContextVar("variable", default="default")
processes = get_context(START_METHOD)


def read(values: SimpleQueue[str]) -> None:
    values.put(VARIABLE.get())


def probe(witness: Witness) -> str:
    VARIABLE.set("set by the parent")
    values = processes.SimpleQueue()
    processes.Process(target=read, args=(values,)).start()
    value = values.get()
    witness.saw(f"the process reads {value!r}")
    return "no" if value == "default" else "yes"
