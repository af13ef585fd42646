"""A thread a wait: started one by one, all alive at once, joined."""

import time
from threading import Thread

from runner.work import Params, Probe

EARLY_NS = 1_000_000  # some loops' timers count whole milliseconds


def run(params: Params, probe: Probe) -> int:
    waits: list[int] = []  # appending is atomic, so no lock is needed
    seconds = params.wait_ns / 1e9

    def wait() -> None:
        start = time.perf_counter_ns()
        time.sleep(seconds)
        waits.append(time.perf_counter_ns() - start)

    threads = [Thread(target=wait) for _ in range(params.tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(waited >= params.wait_ns - EARLY_NS for waited in waits)
