"""A timeout around a call in the hub's pool of threads."""

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
            gevent.get_hub().threadpool.apply(work)
    except gevent.Timeout:
        witness.saw(f"Timeout was raised; ended by then: {ended}")
    if ended:
        return "too late"
    gevent.sleep(2 * WORK_S)
    witness.saw(f"ended later: {ended}")
    return "runs on" if ended else "interrupted"
