"""Interpreters that wait for a queue, and end when it has a value for each of them."""

import time
from concurrent import interpreters
from contextlib import AbstractContextManager

from runner.interpreter_pool import crew
from runner.work import Params, Probe
from workloads.cancel.moment import HOUR_S, seconds_before, spin_until

Crew = list[interpreters.Interpreter]


def wait(
    stop: interpreters.Queue, waiting: interpreters.Queue, cleaned: interpreters.Queue
) -> None:
    waiting.put(None)
    try:
        stop.get(timeout=HOUR_S)
    finally:
        cleaned.put(None)


def prepare(params: Params, probe: Probe) -> AbstractContextManager[Crew]:
    return crew(__name__, params.tasks)


def run(params: Params, probe: Probe, children: Crew) -> int:
    stop, waiting, cleaned = (interpreters.create_queue() for _ in range(3))
    moment_ns = time.perf_counter_ns() + params.lead_ns
    threads = [
        child.call_in_thread(wait, stop, waiting, cleaned) for child in children[: params.tasks]
    ]
    time.sleep(seconds_before(moment_ns))
    probe.observe_least("waiting", waiting.qsize() - cleaned.qsize())
    spin_until(moment_ns)
    for _ in threads:
        stop.put(None)
    for thread in threads:
        thread.join()
    probe.observe_least("cleaned", cleaned.qsize())
    return cleaned.qsize()
