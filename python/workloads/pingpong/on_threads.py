"""Two threads and two queues."""

from queue import Queue
from threading import Thread

from runner.work import Params, Probe


def run(params: Params, probe: Probe) -> int:
    pings: Queue[int] = Queue()
    pongs: Queue[int] = Queue()

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
