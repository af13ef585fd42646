"""Processes and bounded queues; the parent is the consumer."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import pairwise
from multiprocessing import get_context
from typing import TYPE_CHECKING

from runner.models import START_METHOD
from workloads.pipeline.process import pass_on, produce

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ctypes import c_longlong
    from multiprocessing.connection import Connection
    from multiprocessing.queues import Queue

    from runner.work import Params, Probe

    Shared = tuple[Connection, Queue[int | None], c_longlong]

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Shared]:
    queues = [processes.Queue(params.capacity) for _ in range(params.stages + 1)]
    received = processes.RawValue("q")  # by the consumer, in this call
    calls, other_end = processes.Pipe()
    children = [processes.Process(target=produce, args=(other_end, queues[0], received))]
    children += [processes.Process(target=pass_on, args=ends) for ends in pairwise(queues)]
    for child in children:
        child.start()
    other_end.close()
    try:
        yield calls, queues[-1], received
    finally:
        calls.send(0)
        while queues[-1].get() is not None:  # what an interrupted call has left
            pass
        for child in children:
            child.join()


def run(params: Params, probe: Probe, shared: Shared) -> int:
    calls, source, received = shared
    total = received.value = 0
    calls.send(params.items)
    for position in range(params.items):
        total += position * (source.get() or 0)
        received.value += 1
    probe.observe_least("overlapped", calls.recv())
    return total
