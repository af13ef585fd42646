"""Greenlets without a lock: whoever writes after a switch undoes what others wrote meanwhile."""

import gevent

from runner.work import Params, Probe


def run(params: Params, probe: Probe) -> int:
    counter = total = in_flight = most = 0
    suspends = bool(params.suspensions)

    def count() -> None:
        nonlocal counter, total, in_flight, most
        in_flight += 1
        most = max(most, in_flight)
        mine = 0
        for _ in range(params.increments):
            seen = counter
            if suspends:
                gevent.sleep(0)
            counter = seen + 1
            mine += 1
        total += mine
        in_flight -= 1

    gevent.joinall([gevent.spawn(count) for _ in range(params.tasks)], raise_error=True)
    lost = total - counter
    probe.observe_least("in_flight", most)
    probe.observe("lost_updates", lost)
    return counter + lost
