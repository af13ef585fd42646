"""One process per wait; its exit code says whether it waited long enough."""

import sys
import time
from multiprocessing import get_context

from runner.models import START_METHOD
from runner.work import Params, Probe

EARLY_NS = 1_000_000  # timers of some event loops count whole milliseconds

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


def wait(wait_ns: int) -> None:
    start = time.perf_counter_ns()
    time.sleep(wait_ns / 1e9)
    sys.exit(0 if time.perf_counter_ns() - start >= wait_ns - EARLY_NS else 1)


def run(params: Params, probe: Probe) -> int:
    children = [processes.Process(target=wait, args=(params.wait_ns,)) for _ in range(params.tasks)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    return sum(child.exitcode == 0 for child in children)
