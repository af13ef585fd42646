"""Look whether a new thread has run after a computation; `start` itself may let it run too."""

import time
from threading import Thread

from runner.witness import Witness

WORK_S = 0.05


def probe(witness: Witness) -> str:
    began: list[str] = []
    thread = Thread(target=began.append, args=("began",))
    thread.start()
    until = time.monotonic() + WORK_S
    while time.monotonic() < until:
        pass
    meanwhile = bool(began)
    thread.join()
    witness.saw(f"began after the computation: {meanwhile}")
    return "meanwhile" if meanwhile else "at the next wait"
