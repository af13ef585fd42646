"""Threads and one threading.Lock; time.sleep(0) yields by releasing the interpreter's lock."""

import time
from threading import Lock, Thread

from runner.work import Params, Probe


def run(params: Params, probe: Probe) -> int:
    passed = 0
    lock = Lock()

    def pass_through() -> None:
        nonlocal passed
        for _ in range(params.passes):
            with lock:
                seen = passed
                time.sleep(0)
                passed = seen + 1

    threads = [Thread(target=pass_through) for _ in range(params.tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return passed
