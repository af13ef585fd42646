"""A thread is left when the main thread ends."""

import threading
import time

from runner.witness import Witness


def probe(witness: Witness) -> None:
    def orphan() -> None:
        time.sleep(0.1)
        witness.conclude("waited for")

    witness.conclude("abandoned")
    threading.Thread(target=orphan).start()
    witness.saw("main returns")
