"""Interpreters that wait for a queue, and end when it has a value for each of them."""

import time
from concurrent import interpreters

from runner.work import Params, Probe
from workloads.cancel.moment import HOUR_S, seconds_before, spin_until


def wait(
    stop: interpreters.Queue, waiting: interpreters.Queue, cleaned: interpreters.Queue
) -> None:
    waiting.put(None)
    try:
        stop.get(timeout=HOUR_S)
    finally:
        cleaned.put(None)


def run(params: Params, probe: Probe) -> int:
    stop, waiting, cleaned = (interpreters.create_queue() for _ in range(3))
    moment_ns = time.perf_counter_ns() + params.lead_ns
    children = [interpreters.create() for _ in range(params.tasks)]
    threads = [child.call_in_thread(wait, stop, waiting, cleaned) for child in children]
    time.sleep(seconds_before(moment_ns))
    probe.observe_least("waiting", waiting.qsize() - cleaned.qsize())
    spin_until(moment_ns)
    for _ in children:
        stop.put(None)
    for thread in threads:
        thread.join()
    for child in children:
        child.close()
    probe.observe_least("cleaned", cleaned.qsize())
    return cleaned.qsize()
