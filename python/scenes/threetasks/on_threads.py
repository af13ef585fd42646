"""Threads A, B and C: the GIL lets one of them compute at a time."""

import time
from threading import Lock, Thread

from runner.work import Params, Probe
from scenes.threetasks.work import compute


def run(params: Params, probe: Probe) -> int:
    done, lock = 0, Lock()

    def step() -> None:
        nonlocal done
        for _ in range(params.steps):
            compute(params.loops)
            with lock:
                done += 1
            time.sleep(params.wait_ns / 1e9)

    threads = [Thread(target=step, name=name) for name in ("A", "B", "C")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done
