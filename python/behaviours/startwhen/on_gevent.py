"""Look whether a new greenlet has run: after its start, and after a computation."""

import time

import gevent

from runner.witness import Witness

WORK_S = 0.05


def probe(witness: Witness) -> str:
    began: list[str] = []
    greenlet = gevent.spawn(began.append, "began")
    at_once, until = bool(began), time.monotonic() + WORK_S
    while time.monotonic() < until:
        pass
    meanwhile = bool(began)
    greenlet.join()
    witness.saw(f"began when it was started: {at_once}; after the computation: {meanwhile}")
    return "at once" if at_once else "meanwhile" if meanwhile else "at the next wait"
