"""Two calls in a pool of threads wait; a third fails."""

import time
from concurrent.futures import ThreadPoolExecutor

from runner.witness import Witness

WAIT_S = 0.05


def probe(witness: Witness) -> str:
    ended: list[str] = []

    def sibling(name: str) -> None:
        time.sleep(WAIT_S)
        ended.append("run on")
        witness.saw(f"{name} sibling: {ended[-1]}")

    def failing() -> None:
        time.sleep(WAIT_S / 5)
        raise ValueError("the third task fails")

    try:
        with ThreadPoolExecutor() as pool:
            pool.submit(sibling, "first")
            pool.submit(sibling, "second")
            pool.submit(failing).result()
    except ValueError as failure:
        witness.saw(f"result raised {failure!r}")
    return " and ".join(sorted(set(ended)))
