"""A greenlet fails, and nobody joins it."""

import contextlib
import io

import gevent

from runner.witness import Witness


def failing() -> None:
    raise ValueError("nobody waits for this")


def probe(witness: Witness) -> str:
    log = io.StringIO()
    with contextlib.redirect_stderr(log):
        gevent.spawn(failing)
        gevent.sleep(0.01)
    lines = log.getvalue().strip().splitlines()
    witness.saw(f"standard error ends with: {lines[-1:]}")
    return "logged" if lines else "silent"
