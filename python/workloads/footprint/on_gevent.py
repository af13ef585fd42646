"""Greenlets that wait for an event."""

import gevent
from gevent.event import Event

from runner.work import Params, Probe

STEPS = 4


def run(params: Params, probe: Probe) -> int:
    greenlets: list[gevent.Greenlet] = []
    event = Event()
    ended = 0

    def wait() -> None:
        nonlocal ended
        event.wait()
        ended += 1

    for step in range(1, STEPS + 1):
        while len(greenlets) < step * params.tasks // STEPS:
            greenlets.append(gevent.spawn(wait))
        gevent.sleep(0)  # lets every new greenlet run until it waits
        probe.parked(len(greenlets))
    event.set()
    gevent.joinall(greenlets, raise_error=True)
    return ended
