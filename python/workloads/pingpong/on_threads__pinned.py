"""Two threads and two queues, on one core."""

from runner.work import Params, Probe
from workloads.pingpong import on_threads
from workloads.pingpong.one_core import one_core


def run(params: Params, probe: Probe) -> int:
    with one_core():
        return on_threads.run(params, probe)
