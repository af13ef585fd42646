"""Two threads and two SimpleQueues, the fastest queue of the standard library."""

from queue import SimpleQueue
from threading import Thread

from runner.work import Params, Probe


def run(params: Params, probe: Probe) -> int:
    pings: SimpleQueue[int] = SimpleQueue()
    pongs: SimpleQueue[int] = SimpleQueue()

    def pong() -> None:
        for _ in range(params.rounds):
            pongs.put(pings.get() + 1)

    other = Thread(target=pong)
    other.start()
    value = 0
    for _ in range(params.rounds):
        pings.put(value)
        value = pongs.get() + 1
    other.join()
    return value
