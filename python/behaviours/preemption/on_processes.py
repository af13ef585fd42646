"""A process counts while another one computes."""

import time
from ctypes import c_int
from multiprocessing import get_context
from multiprocessing.sharedctypes import RawValue
from multiprocessing.synchronize import Event

from runner.models import START_METHOD
from runner.witness import Witness

WORK_S = 0.1
processes = get_context(START_METHOD)


def count(ticks: c_int, begun: Event, done: Event) -> None:
    begun.set()
    while not done.wait(0.001):
        ticks.value += 1


def probe(witness: Witness) -> str:
    ticks, begun, done = RawValue(c_int, 0), processes.Event(), processes.Event()
    child = processes.Process(target=count, args=(ticks, begun, done))
    child.start()
    begun.wait()
    before, until = ticks.value, time.monotonic() + WORK_S
    while time.monotonic() < until:
        pass
    meanwhile = ticks.value - before
    done.set()
    child.join()
    witness.saw(f"ticks before: {before}; during the computation: {meanwhile}")
    return "yes" if meanwhile else "no"
