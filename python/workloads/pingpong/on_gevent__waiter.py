"""Two greenlets and a Waiter for each direction, the least that gevent needs to wake a greenlet."""

import gevent
from gevent.hub import Waiter

from runner.work import Params, Probe
from workloads.pingpong.turns import Turns


class Slot:
    """Room for one value; the receiver waits for it on a Waiter."""

    def __init__(self) -> None:
        self.waiter: Waiter[int] = Waiter()
        self.loop = gevent.get_hub().loop

    def put(self, value: int) -> None:
        # A Waiter may be switched to only from the hub, which runs callbacks.
        self.loop.run_callback(self.waiter.switch, value)

    def get(self) -> int:
        value = self.waiter.get()
        self.waiter.clear()
        return value


def run(params: Params, probe: Probe) -> int:
    pings, pongs = Slot(), Slot()
    turns = Turns()

    def ping() -> int:
        me = gevent.getcurrent()
        value = 0
        for _ in range(params.rounds):
            turns.last = me
            pings.put(value)
            value = pongs.get() + 1
            turns.switches += turns.last is not me
        return value

    def pong() -> None:
        me = gevent.getcurrent()
        for _ in range(params.rounds):
            answer = pings.get() + 1
            turns.last = me
            pongs.put(answer)

    pinger = gevent.spawn(ping)
    gevent.joinall([pinger, gevent.spawn(pong)], raise_error=True)
    probe.observe_least("switches", turns.switches)
    return pinger.get()
