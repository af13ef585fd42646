"""Four greenlets increment a variable, with nothing to wait for in between."""

import gevent

from runner.witness import Witness

TASKS, UPDATES = 4, 3_000_000


def probe(witness: Witness) -> str:
    value = 0

    def work() -> None:
        nonlocal value
        for _ in range(UPDATES):
            value += 1
        gevent.sleep(0)

    gevent.joinall([gevent.spawn(work) for _ in range(TASKS)])
    witness.saw(f"the value: {value:,} of {TASKS * UPDATES:,}")
    return "none lost" if value == TASKS * UPDATES else "updates lost"
