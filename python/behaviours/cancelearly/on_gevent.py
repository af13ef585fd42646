"""Kill a greenlet before its first step."""

import gevent

from runner.witness import Witness


def probe(witness: Witness) -> str:
    ran: list[str] = []

    def work() -> None:
        ran.append("first line")
        gevent.sleep(0.01)
        ran.append("last line")

    gevent.spawn(work).kill()
    gevent.sleep(0.05)
    witness.saw(f"ran: {', '.join(ran) or 'nothing'}")
    return "starts" if ran else "never starts"
