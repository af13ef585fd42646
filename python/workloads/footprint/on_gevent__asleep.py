"""Greenlets that sleep for an hour and are killed; each has a timer."""

import gevent

from runner.work import Params, Probe

STEPS = 4
HOUR_S = 3_600


def run(params: Params, probe: Probe) -> int:
    sleepers: list[gevent.Greenlet] = []

    def wait() -> None:
        gevent.sleep(HOUR_S)

    for step in range(1, STEPS + 1):
        while len(sleepers) < step * params.tasks // STEPS:
            sleepers.append(gevent.spawn(wait))
        gevent.sleep(0)  # lets every new greenlet run until it sleeps
        probe.parked(len(sleepers))
    gevent.killall(sleepers)
    return sum(isinstance(sleeper.value, gevent.GreenletExit) for sleeper in sleepers)
