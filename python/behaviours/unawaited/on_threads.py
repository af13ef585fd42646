"""A thread fails, and nobody joins it."""

import threading
import time

from runner.witness import Witness


def failing() -> None:
    raise ValueError("nobody waits for this")


def probe(witness: Witness) -> str:
    logged: list[str] = []
    threading.excepthook = lambda failed: logged.append(repr(failed.exc_value))
    threading.Thread(target=failing).start()
    time.sleep(0.02)
    witness.saw(f"the hook that logs was called with: {logged}")
    return "logged" if logged else "silent"
