"""joinall waits for two greenlets that both fail."""

import gevent
from gevent.event import Event

from runner.witness import Witness


def probe(witness: Witness) -> str:
    now = Event()

    def failing(name: str) -> None:
        now.wait()
        raise ValueError(name)

    greenlets = [gevent.spawn(failing, "first"), gevent.spawn(failing, "second")]
    gevent.sleep(0)  # both wait
    now.set()
    try:
        gevent.joinall(greenlets, raise_error=True)
    except ValueError as failure:
        witness.saw(f"joinall raised {failure!r}")
    gevent.joinall(greenlets)
    witness.saw(f"the greenlets keep {[greenlet.exception for greenlet in greenlets]!r}")
    return "only the first"
