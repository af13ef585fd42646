"""One process per operation, which waits for an event with a timeout."""

import time
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Event

from runner.models import START_METHOD
from runner.work import Params, Probe

EARLY_NS = 3_000_000  # some event loops round both the clock and the delay to milliseconds

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


def limited(due_ns: int, never: Event, results: SimpleQueue[tuple[int, int, bool]]) -> None:
    # The monotonic clock is the same in every process.
    wait_ns = due_ns - time.monotonic_ns()
    is_set = never.wait(max(0, wait_ns) / 1e9)
    results.put((wait_ns, time.monotonic_ns() - due_ns, is_set))


def run(params: Params, probe: Probe) -> int:
    landed = in_time = 0
    operations, span_ns = params.operations, params.span_ns
    never, results = processes.Event(), processes.SimpleQueue()
    first_ns = time.monotonic_ns() + params.lead_ns
    children = [
        processes.Process(
            target=limited,
            args=(first_ns + k * 7_919 % operations * span_ns // operations, never, results),
        )
        for k in range(operations)
    ]
    for child in children:
        child.start()
    for _ in children:
        wait_ns, late_ns, is_set = results.get()
        in_time += wait_ns > 0
        probe.latency(late_ns)
        landed += not is_set and late_ns >= -EARLY_NS
    for child in children:
        child.join()
    results.close()
    probe.observe_least("started_in_time", in_time)
    return landed
