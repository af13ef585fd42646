"""Kill a greenlet that waits in a try block."""

import gevent

from runner.witness import Witness


def probe(witness: Witness) -> str:
    ran: list[str] = []

    def work() -> None:
        try:
            gevent.sleep(0.1)
            ran.append("the rest of the work")
        finally:
            ran.append("cleanup")

    greenlet = gevent.spawn(work)
    gevent.sleep(0.01)
    greenlet.kill()
    witness.saw(f"ran: {', '.join(ran) or 'nothing'}; its value: {greenlet.value!r}")
    if "the rest of the work" in ran:
        return "not cancelled"
    return "runs" if ran else "skipped"
