"""Greenlets A, B and C."""

import gevent

from runner.work import Params, Probe
from scenes.threetasks.work import compute


def run(params: Params, probe: Probe) -> int:
    done = 0

    def step() -> None:
        nonlocal done
        for _ in range(params.steps):
            compute(params.loops)
            done += 1
            gevent.sleep(params.wait_ns / 1e9)

    greenlets = [gevent.Greenlet(step) for _ in range(3)]
    for name, greenlet in zip(("A", "B", "C"), greenlets, strict=True):
        greenlet.name = name
        greenlet.start()
    gevent.joinall(greenlets, raise_error=True)
    return done
