"""Terminate a process that waits in a try block."""

import time
from multiprocessing import get_context
from multiprocessing.synchronize import Event

from runner.models import START_METHOD
from runner.witness import Witness

processes = get_context(START_METHOD)


def work(begun: Event, ended: Event, cleaned_up: Event) -> None:
    try:
        begun.set()
        time.sleep(0.5)
        ended.set()
    finally:
        cleaned_up.set()


def probe(witness: Witness) -> str:
    begun, ended, cleaned_up = (processes.Event() for _ in range(3))
    child = processes.Process(target=work, args=(begun, ended, cleaned_up))
    child.start()
    begun.wait()
    child.terminate()
    child.join()
    witness.saw(f"exit code {child.exitcode}; the cleanup ran: {cleaned_up.is_set()}")
    if ended.is_set():
        return "not cancelled"
    return "runs" if cleaned_up.is_set() else "skipped"
