"""Interrupt the process group while a child waits."""

import os
import signal
import time
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event

from runner.models import START_METHOD
from runner.witness import Witness

processes = get_context(START_METHOD)


def work(begun: Event, words: Connection) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
    try:
        begun.set()
        time.sleep(0.2)
        words.send("runs on")
    except KeyboardInterrupt:
        words.send("cleanup runs")


def probe(witness: Witness) -> str:
    begun = processes.Event()
    reader, writer = processes.Pipe(duplex=False)
    child = processes.Process(target=work, args=(begun, writer))
    child.start()
    begun.wait()
    try:
        if os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGINT)
        else:  # a person has started this probe in a shell
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(child.pid, signal.SIGINT)
        child.join()
    except KeyboardInterrupt:
        witness.saw("the main process got KeyboardInterrupt")
    child.join()
    return reader.recv() if reader.poll() else "no cleanup"
