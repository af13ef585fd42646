"""A pool of one interpreter, from another thread."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from runner.work import Params, Probe
from workloads.start.aside import other_thread, repeat
from workloads.start.start_interpreters import start_and_stop


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[ThreadPoolExecutor]:
    with other_thread(probe, start_and_stop) as thread:
        yield thread


def run(params: Params, probe: Probe, thread: ThreadPoolExecutor) -> int:
    return thread.submit(repeat, params.starts, start_and_stop).result()
