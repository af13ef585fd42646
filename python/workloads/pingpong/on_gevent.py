"""Two greenlets and two queues with one slot each."""

import gevent
from gevent.queue import Queue

from runner.work import Params, Probe
from workloads.pingpong.turns import Turns


def run(params: Params, probe: Probe) -> int:
    pings: Queue[int] = Queue(1)
    pongs: Queue[int] = Queue(1)
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
