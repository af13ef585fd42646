"""Two threads and two SimpleQueues, the fastest queue of the standard library."""

from queue import SimpleQueue
from threading import Thread, get_ident

from runner.work import Params, Probe
from workloads.pingpong.turns import Turns


def run(params: Params, probe: Probe) -> int:
    pings: SimpleQueue[int] = SimpleQueue()
    pongs: SimpleQueue[int] = SimpleQueue()
    turns = Turns()

    def pong() -> None:
        me = get_ident()
        for _ in range(params.rounds):
            answer = pings.get() + 1
            turns.last = me
            pongs.put(answer)

    other = Thread(target=pong)
    other.start()
    me = get_ident()
    value = 0
    for _ in range(params.rounds):
        turns.last = me
        pings.put(value)
        value = pongs.get() + 1
        turns.switches += turns.last != me
    other.join()
    probe.observe_least("switches", turns.switches)
    return value
