"""Two greenlets and two queues with one slot each."""

import gevent
from gevent.queue import Queue

from runner.work import Params, Probe


def run(params: Params, probe: Probe) -> int:
    pings: Queue[int] = Queue(1)
    pongs: Queue[int] = Queue(1)

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
