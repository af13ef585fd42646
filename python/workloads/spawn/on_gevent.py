"""Greenlets that are joined."""

import gevent

from runner.work import Params, Probe


def run(params: Params, probe: Probe) -> int:
    ran = 0
    parent = gevent.getcurrent()

    def task() -> None:
        nonlocal ran
        ran += gevent.getcurrent() is not parent

    gevent.joinall([gevent.spawn(task) for _ in range(params.tasks)], raise_error=True)
    return ran
