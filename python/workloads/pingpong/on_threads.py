"""Two threads and two simple queues, the standard library's fastest; the caller is one thread."""

from queue import SimpleQueue
from threading import Thread

from runner.work import Params, Probe


def run(params: Params, probe: Probe) -> int:
    there: SimpleQueue[int] = SimpleQueue()
    back: SimpleQueue[int] = SimpleQueue()

    def pong() -> None:
        for _ in range(params.rounds):
            back.put(there.get() + 1)

    partner = Thread(target=pong)
    partner.start()
    value = 0
    for _ in range(params.rounds):
        there.put(value)
        value = back.get() + 1
    partner.join()
    return value
