"""Two threads and two SimpleQueues, on one core."""

from runner.work import Params, Probe
from workloads.pingpong import on_threads__simplequeue
from workloads.pingpong.one_core import one_core


def run(params: Params, probe: Probe) -> int:
    with one_core():
        return on_threads__simplequeue.run(params, probe)
