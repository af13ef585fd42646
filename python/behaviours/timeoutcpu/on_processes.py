"""A process that computes is joined with a timeout, and then terminated."""

import time
from multiprocessing import get_context
from multiprocessing.synchronize import Event

from runner.models import START_METHOD
from runner.witness import Witness

LIMIT_S, WORK_S = 0.02, 0.2
processes = get_context(START_METHOD)


def work(begun: Event, ended: Event) -> None:
    begun.set()
    until = time.monotonic() + WORK_S
    while time.monotonic() < until:
        pass
    ended.set()


def probe(witness: Witness) -> str:
    begun, ended = processes.Event(), processes.Event()
    child = processes.Process(target=work, args=(begun, ended))
    child.start()
    begun.wait()
    child.join(LIMIT_S)
    witness.saw(f"joined; ended by then: {ended.is_set()}")
    if ended.is_set():
        return "too late"
    child.terminate()
    child.join()
    witness.saw(f"terminated; exit code: {child.exitcode}; ended: {ended.is_set()}")
    return "runs on" if ended.is_set() else "interrupted"
