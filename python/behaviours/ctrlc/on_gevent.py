"""Interrupt the main greenlet while another one waits."""

import os
import signal

import gevent

from runner.witness import Witness


def probe(witness: Witness) -> None:
    def work() -> None:
        try:
            gevent.sleep(0.2)
            witness.conclude("runs on")
        except gevent.GreenletExit:
            witness.saw("the cleanup of the greenlet runs")
            witness.conclude("cleanup runs")
            raise

    witness.conclude("no cleanup")
    greenlet = gevent.spawn(work)
    gevent.sleep(0.01)
    try:
        os.kill(os.getpid(), signal.SIGINT)
        greenlet.join()
    except KeyboardInterrupt:
        witness.saw("the main greenlet got KeyboardInterrupt")
