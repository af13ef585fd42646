"""Ignore a kill, and wait again."""

import gevent

from runner.witness import Witness


def probe(witness: Witness) -> str:
    def stubborn() -> str:
        try:
            gevent.sleep(1)
        except gevent.GreenletExit:
            witness.saw("killed at the first wait; ignores it")
        try:
            gevent.sleep(0.02)
        except gevent.GreenletExit:
            witness.saw("killed at the second wait")
            return "at every wait"
        witness.saw("the second wait ended in time")
        return "once"

    greenlet = gevent.spawn(stubborn)
    gevent.sleep(0.01)
    greenlet.kill()
    return greenlet.get()
