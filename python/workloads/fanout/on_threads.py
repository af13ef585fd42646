"""One thread per wait, all alive at once."""

import time
from threading import Thread

from runner.work import Params, Probe

EARLY_NS = 1_000_000  # timers of some event loops count whole milliseconds


def run(params: Params, probe: Probe) -> int:
    waits_ns: list[int] = []  # append() is atomic, so no lock is needed
    seconds = params.wait_ns / 1e9

    def wait() -> None:
        start = time.perf_counter_ns()
        time.sleep(seconds)
        waits_ns.append(time.perf_counter_ns() - start)

    threads = [Thread(target=wait) for _ in range(params.tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(wait_ns >= params.wait_ns - EARLY_NS for wait_ns in waits_ns)
