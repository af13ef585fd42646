"""Two calls in a pool of processes wait; a third fails."""

import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from runner.models import START_METHOD
from runner.witness import Witness

WAIT_S = 0.05


def sibling() -> str:
    time.sleep(WAIT_S)
    return "run on"


def fail() -> None:
    time.sleep(WAIT_S / 5)
    raise ValueError("the third task fails")


def probe(witness: Witness) -> str:
    with ProcessPoolExecutor(3, mp_context=get_context(START_METHOD)) as pool:
        siblings = [pool.submit(sibling), pool.submit(sibling)]
        try:
            pool.submit(fail).result()
        except ValueError as failure:
            witness.saw(f"result raised {failure!r}")
        ended = [future.result() for future in siblings]
    witness.saw(f"the siblings: {', '.join(ended)}")
    return " and ".join(sorted(set(ended)))
