"""Threads A, B and C wait for one event, because a thread cannot be cancelled from outside."""

import time
from threading import Event, Thread

from runner.work import Params, Probe
from scenes.cleanup.work import HOUR_S
from scenes.threetasks.work import compute


def run(params: Params, probe: Probe) -> int:
    cleaned: list[Event] = []  # append() is atomic, so no lock is needed
    stop = Event()

    def wait() -> None:
        try:
            stop.wait(HOUR_S)
        finally:
            compute(params.loops)
            cleaned.append(stop)

    threads = [Thread(target=wait, name=name) for name in ("A", "B", "C")]
    for thread in threads:
        thread.start()
    time.sleep(params.wait_ns / 1e9)
    stop.set()
    for thread in threads:
        thread.join()
    return len(cleaned)
