"""Four processes wait between reading and writing a value in shared memory."""

import time
from ctypes import c_int
from multiprocessing import get_context
from multiprocessing.sharedctypes import RawValue
from multiprocessing.synchronize import Barrier

from runner.models import START_METHOD
from runner.witness import Witness

TASKS, UPDATES = 4, 100
processes = get_context(START_METHOD)


def work(value: c_int, all_ready: Barrier) -> None:
    all_ready.wait()
    for _ in range(UPDATES):
        read = value.value
        time.sleep(0.0001)
        value.value = read + 1


def probe(witness: Witness) -> str:
    value, all_ready = RawValue(c_int, 0), processes.Barrier(TASKS)
    children = [processes.Process(target=work, args=(value, all_ready)) for _ in range(TASKS)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    witness.saw(f"the value: {value.value} of {TASKS * UPDATES}")
    return "none lost" if value.value == TASKS * UPDATES else "updates lost"
