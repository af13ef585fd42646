"""A timeout for the result of a call in a pool that waits."""

import time
from concurrent.futures import ThreadPoolExecutor

from runner.witness import Witness

LIMIT_S, WORK_S = 0.02, 0.2


def probe(witness: Witness) -> str:
    ended: list[str] = []

    def work() -> None:
        time.sleep(WORK_S)
        ended.append("work")

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work)
        try:
            future.result(LIMIT_S)
        except TimeoutError:
            witness.saw(f"TimeoutError was raised; ended by then: {ended}")
        if ended:
            return "too late"
        witness.saw(f"the call could be cancelled: {future.cancel()}")
    witness.saw(f"ended later: {ended}")
    return "runs on" if ended else "interrupted"
