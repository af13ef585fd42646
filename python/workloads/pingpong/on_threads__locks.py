"""Two threads and two locks: each thread waits for a lock that the other one releases."""

from threading import Lock, Thread

from runner.work import Params, Probe


def run(params: Params, probe: Probe) -> int:
    pinged, ponged = Lock(), Lock()
    pinged.acquire()
    ponged.acquire()
    value = 0

    def pong() -> None:
        nonlocal value
        for _ in range(params.rounds):
            pinged.acquire()
            value += 1
            ponged.release()

    other = Thread(target=pong)
    other.start()
    for _ in range(params.rounds):
        pinged.release()
        ponged.acquire()
        value += 1
    other.join()
    return value
