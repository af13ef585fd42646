"""Four greenlets hold a lock while they wait between reading and writing a variable."""

import gevent
from gevent.lock import BoundedSemaphore

from runner.witness import Witness

TASKS, UPDATES = 4, 100


def probe(witness: Witness) -> str:
    value, lock = 0, BoundedSemaphore()

    def work() -> None:
        nonlocal value
        for _ in range(UPDATES):
            with lock:
                read = value
                gevent.sleep(0)
                value = read + 1

    gevent.joinall([gevent.spawn(work) for _ in range(TASKS)])
    witness.saw(f"the value: {value} of {TASKS * UPDATES}")
    return "none lost" if value == TASKS * UPDATES else "updates lost"
