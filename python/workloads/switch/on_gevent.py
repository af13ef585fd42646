"""Greenlets that sleep for no time."""

import gevent

from runner.work import Params, Probe
from workloads.switch.turns import MOST_YIELDS, Turns


def run(params: Params, probe: Probe) -> int:
    turns, wanted = Turns(), params.switches

    def take_turns() -> None:
        me = gevent.getcurrent()
        turns.ran += 1
        for _ in range(MOST_YIELDS):
            if turns.switches >= wanted:
                return
            turns.switches += turns.last is not me
            turns.last = me
            gevent.sleep(0)

    gevent.joinall([gevent.spawn(take_turns) for _ in range(params.tasks)], raise_error=True)
    probe.observe_least("ran", turns.ran)
    return turns.switches
