"""Two greenlets and two SimpleQueues without a bound, the fastest queue of gevent."""

import gevent
from gevent.queue import SimpleQueue

from runner.work import Params, Probe


def run(params: Params, probe: Probe) -> int:
    pings: SimpleQueue[int] = SimpleQueue()
    pongs: SimpleQueue[int] = SimpleQueue()

    def ping() -> int:
        value = 0
        for _ in range(params.rounds):
            pings.put(value)
            value = pongs.get() + 1
        return value

    def pong() -> None:
        for _ in range(params.rounds):
            pongs.put(pings.get() + 1)

    pinger = gevent.spawn(ping)
    gevent.joinall([pinger, gevent.spawn(pong)], raise_error=True)
    return pinger.get()
