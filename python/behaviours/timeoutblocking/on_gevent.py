"""A timeout around a blocking call."""

import time

import gevent

from runner.witness import Witness

LIMIT_S, WORK_S = 0.02, 0.2


def probe(witness: Witness) -> str:
    ended: list[str] = []

    def work() -> None:
        time.sleep(WORK_S)
        ended.append("work")

    try:
        with gevent.Timeout(LIMIT_S):
            work()
        witness.saw("Timeout was not raised")
    except gevent.Timeout:
        witness.saw("Timeout was raised")
    witness.saw(f"ended by then: {ended}")
    return "too late" if ended else "interrupted"
