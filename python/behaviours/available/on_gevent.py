"""Take items from a queue while another greenlet is ready."""

import gevent
from gevent.queue import Queue

from runner.witness import Witness

ITEMS = 3


def probe(witness: Witness) -> str:
    queue: Queue[int] = Queue()
    ran: list[str] = []
    for item in range(ITEMS):
        queue.put(item)
    gevent.spawn(ran.append, "other")
    for _ in range(ITEMS):
        queue.get()
    witness.saw(f"the other one ran while items were taken: {bool(ran)}")
    return "yes" if ran else "no"
