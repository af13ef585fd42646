"""Two greenlets wait; a third fails while joinall waits for all three."""

import gevent

from runner.witness import Witness

WAIT_S = 0.05


def probe(witness: Witness) -> str:
    ended: list[str] = []

    def sibling(name: str) -> None:
        try:
            gevent.sleep(WAIT_S)
            ended.append("run on")
        except gevent.GreenletExit:
            ended.append("cancelled")
            raise
        finally:
            witness.saw(f"{name} sibling: {ended[-1]}")

    def failing() -> None:
        gevent.sleep(WAIT_S / 5)
        raise ValueError("the third task fails")

    greenlets = [
        gevent.spawn(sibling, "first"),
        gevent.spawn(sibling, "second"),
        gevent.spawn(failing),
    ]
    try:
        gevent.joinall(greenlets, raise_error=True)
    except ValueError as failure:
        witness.saw(f"joinall raised {failure!r}")
    gevent.joinall(greenlets)
    return " and ".join(sorted(set(ended)))
