"""Interrupt the main thread while another one waits."""

import os
import signal
import threading
import time

from runner.witness import Witness


def probe(witness: Witness) -> None:
    def work() -> None:
        time.sleep(0.2)
        witness.conclude("runs on")

    witness.conclude("no cleanup")
    thread = threading.Thread(target=work)
    thread.start()
    try:
        os.kill(os.getpid(), signal.SIGINT)
        thread.join()
    except KeyboardInterrupt:
        witness.saw("the main thread got KeyboardInterrupt")
