"""A greenlet counts while another one computes."""

import time

import gevent

from runner.witness import Witness

WORK_S = 0.1


def probe(witness: Witness) -> str:
    ticks = 0

    def count() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            gevent.sleep(0.001)

    greenlet = gevent.spawn(count)
    gevent.sleep(0.01)
    before, until = ticks, time.monotonic() + WORK_S
    while time.monotonic() < until:
        pass
    meanwhile = ticks - before
    greenlet.kill()
    witness.saw(f"ticks before: {before}; during the computation: {meanwhile}")
    return "yes" if meanwhile else "no"
