"""Greenlets and a semaphore of one, which is gevent's lock.

A greenlet that has just released it may take it again.
"""

import gevent
from gevent.lock import BoundedSemaphore

from runner.work import Params, Probe


def run(params: Params, probe: Probe) -> int:
    counter = in_flight = most = 0
    lock = BoundedSemaphore(1)
    suspends = bool(params.suspensions)

    def count() -> None:
        nonlocal counter, in_flight, most
        in_flight += 1
        most = max(most, in_flight)
        for _ in range(params.increments):
            with lock:
                seen = counter
                if suspends:
                    gevent.sleep(0)
                counter = seen + 1
        in_flight -= 1

    gevent.joinall([gevent.spawn(count) for _ in range(params.tasks)], raise_error=True)
    probe.observe_least("in_flight", most)
    probe.observe("lost_updates", params.tasks * params.increments - counter)
    return counter
