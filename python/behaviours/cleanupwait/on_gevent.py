"""Wait in the cleanup of a killed greenlet."""

import gevent

from runner.witness import Witness


def probe(witness: Witness) -> str:
    ran: list[str] = []

    def work() -> None:
        try:
            gevent.sleep(1)
        finally:
            ran.append("cleanup begins")
            gevent.sleep(0.02)
            ran.append("cleanup ends")

    greenlet = gevent.spawn(work)
    gevent.sleep(0.01)
    greenlet.kill()
    witness.saw(f"ran: {', '.join(ran)}")
    return "waits" if "cleanup ends" in ran else "cut short"
