"""Greenlets A, B and C are killed: GreenletExit is raised where each one waits."""

import gevent

from runner.work import Params, Probe
from scenes.cleanup.work import HOUR_S
from scenes.threetasks.work import compute


def run(params: Params, probe: Probe) -> int:
    cleaned = 0

    def wait() -> None:
        nonlocal cleaned
        try:
            gevent.sleep(HOUR_S)
        finally:
            compute(params.loops)
            cleaned += 1

    greenlets = [gevent.Greenlet(wait) for _ in range(3)]
    for name, greenlet in zip(("A", "B", "C"), greenlets, strict=True):
        greenlet.name = name
        greenlet.start()
    gevent.sleep(params.wait_ns / 1e9)
    gevent.killall(greenlets)
    return cleaned
