"""Cancel a call that waits in the queue of a pool."""

import threading
from concurrent.futures import ThreadPoolExecutor

from runner.witness import Witness


def probe(witness: Witness) -> str:
    ran: list[str] = []
    free = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(free.wait)  # the only thread is busy
        future = pool.submit(ran.append, "first line")
        witness.saw(f"the call could be cancelled: {future.cancel()}")
        free.set()
    witness.saw(f"ran: {', '.join(ran) or 'nothing'}")
    return "starts" if ran else "never starts"
