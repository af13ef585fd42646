"""Four threads wait between reading and writing a variable."""

import time
from threading import Thread

from runner.witness import Witness

TASKS, UPDATES = 4, 100


def probe(witness: Witness) -> str:
    value = 0

    def work() -> None:
        nonlocal value
        for _ in range(UPDATES):
            read = value
            time.sleep(0.0001)  # longer than it takes another thread to begin
            value = read + 1

    threads = [Thread(target=work) for _ in range(TASKS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    witness.saw(f"the value: {value} of {TASKS * UPDATES}")
    return "none lost" if value == TASKS * UPDATES else "updates lost"
