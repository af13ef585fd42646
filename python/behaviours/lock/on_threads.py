"""Four threads hold a lock while they wait between reading and writing a variable."""

import time
from threading import Lock, Thread

from runner.witness import Witness

TASKS, UPDATES = 4, 100


def probe(witness: Witness) -> str:
    value, lock = 0, Lock()

    def work() -> None:
        nonlocal value
        for _ in range(UPDATES):
            with lock:
                read = value
                time.sleep(0.0001)
                value = read + 1

    threads = [Thread(target=work) for _ in range(TASKS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    witness.saw(f"the value: {value} of {TASKS * UPDATES}")
    return "none lost" if value == TASKS * UPDATES else "updates lost"
