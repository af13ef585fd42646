"""Greenlets that are killed: GreenletExit is raised where each one waits."""

import time

import gevent
from gevent.event import Event

from runner.work import Params, Probe
from workloads.cancel.moment import HOUR_S, seconds_before, spin_until


def run(params: Params, probe: Probe) -> int:
    waiting = cleaned = 0
    all_wait = Event()

    def wait() -> None:
        nonlocal waiting, cleaned
        waiting += 1
        if waiting == params.tasks:
            all_wait.set()
        try:
            gevent.sleep(HOUR_S)
        finally:
            cleaned += 1

    moment_ns = time.perf_counter_ns() + params.lead_ns
    greenlets = [gevent.spawn(wait) for _ in range(params.tasks)]
    gevent.sleep(seconds_before(moment_ns))
    probe.observe_least("waiting", waiting - cleaned)
    all_wait.wait()
    spin_until(moment_ns)
    gevent.killall(greenlets)
    probe.observe_least("cleaned", cleaned)
    return cleaned
