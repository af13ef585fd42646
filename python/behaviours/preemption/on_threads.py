"""A thread counts while another one computes."""

import threading
import time

from runner.witness import Witness

WORK_S = 0.1


def probe(witness: Witness) -> str:
    ticks = 0
    done = threading.Event()

    def count() -> None:
        nonlocal ticks
        while not done.wait(0.001):
            ticks += 1

    thread = threading.Thread(target=count)
    thread.start()
    time.sleep(0.01)
    before, until = ticks, time.monotonic() + WORK_S
    while time.monotonic() < until:
        pass
    meanwhile = ticks - before
    done.set()
    thread.join()
    witness.saw(f"ticks before: {before}; during the computation: {meanwhile}")
    return "yes" if meanwhile else "no"
