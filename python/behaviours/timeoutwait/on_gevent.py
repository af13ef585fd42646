"""A timeout around a wait."""

import gevent

from runner.witness import Witness

LIMIT_S, WORK_S = 0.02, 0.2


def probe(witness: Witness) -> str:
    ended: list[str] = []

    def work() -> None:
        gevent.sleep(WORK_S)
        ended.append("work")

    try:
        with gevent.Timeout(LIMIT_S):
            work()
    except gevent.Timeout:
        witness.saw(f"Timeout was raised; ended by then: {ended}")
    if ended:
        return "too late"
    gevent.sleep(2 * WORK_S)
    witness.saw(f"ended later: {ended}")
    return "runs on" if ended else "interrupted"
