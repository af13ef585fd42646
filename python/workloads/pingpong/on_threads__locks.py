"""Two threads and two locks: each thread waits for a lock that the other one releases."""

from threading import Lock, Thread, get_ident

from runner.work import Params, Probe
from workloads.pingpong.turns import Turns


def run(params: Params, probe: Probe) -> int:
    pinged, ponged = Lock(), Lock()
    pinged.acquire()
    ponged.acquire()
    turns = Turns()
    value = 0

    def pong() -> None:
        nonlocal value
        me = get_ident()
        for _ in range(params.rounds):
            pinged.acquire()
            value += 1
            turns.last = me
            ponged.release()

    other = Thread(target=pong)
    other.start()
    me = get_ident()
    for _ in range(params.rounds):
        turns.last = me
        pinged.release()
        ponged.acquire()
        value += 1
        turns.switches += turns.last != me
    other.join()
    probe.observe_least("switches", turns.switches)
    return value
