"""Greenlets that wait for an event."""

import gevent
from gevent.event import Event

from runner.work import Params, Probe
from workloads.ceiling.budget import Budget


def run(params: Params, probe: Probe) -> int:
    event = Event()
    greenlets: list[gevent.Greenlet] = []
    waiting = ended = 0

    def wait() -> None:
        nonlocal waiting, ended
        waiting += 1
        event.wait()
        waiting -= 1
        ended += 1

    budget = Budget(params, probe)
    while (target := budget.grow(waiting)) > len(greenlets):
        while len(greenlets) < target:
            greenlets.append(gevent.spawn(wait))
        gevent.sleep(0)  # lets every new greenlet run until it waits
    event.set()
    gevent.joinall(greenlets, raise_error=True)
    return len(greenlets) - ended
