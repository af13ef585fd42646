"""A greenlet is left when the main greenlet ends."""

import gevent

from runner.witness import Witness


def probe(witness: Witness) -> None:
    def orphan() -> None:
        try:
            gevent.sleep(0.1)
            witness.conclude("waited for")
        except gevent.GreenletExit:
            witness.conclude("cancelled")
            raise

    witness.conclude("abandoned")
    gevent.spawn(orphan)
    gevent.sleep(0)
    witness.saw("main returns")
