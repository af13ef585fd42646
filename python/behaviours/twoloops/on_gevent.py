"""Run a hub in each of two threads."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import gevent

from runner.witness import Witness


def probe(witness: Witness) -> str:
    both = Barrier(2)

    def main() -> None:
        gevent.spawn(both.wait, 2).get()  # passes only if the other hub runs too

    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(main) for _ in range(2)]
    failures = [error for future in futures if (error := future.exception())]
    witness.saw(f"failures: {failures!r}")
    return "no" if failures else "yes"
