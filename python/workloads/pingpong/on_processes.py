"""Two processes and two queues; the other process starts before the clock."""

from __future__ import annotations

import os
from contextlib import contextmanager
from multiprocessing import get_context
from typing import TYPE_CHECKING

from runner.models import START_METHOD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ctypes import c_longlong
    from multiprocessing.queues import Queue

    from runner.work import Params, Probe

    Shared = tuple[Queue[int | None], Queue[int], c_longlong]

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


def pong(pings: Queue[int | None], pongs: Queue[int], last: c_longlong) -> None:
    """Answer each value with the next number until None arrives."""
    me = os.getpid()
    while (value := pings.get()) is not None:
        last.value = me
        pongs.put(value + 1)


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Shared]:
    pings, pongs = processes.Queue(), processes.Queue()
    last = processes.RawValue("q")  # the process that had the last turn
    other = processes.Process(target=pong, args=(pings, pongs, last))
    other.start()
    try:
        yield pings, pongs, last
    finally:
        pings.put(None)
        other.join()
        pings.close()
        pongs.close()


def run(params: Params, probe: Probe, shared: Shared) -> int:
    pings, pongs, last = shared
    me = os.getpid()
    value = switches = 0
    for _ in range(params.rounds):
        last.value = me
        pings.put(value)
        value = pongs.get() + 1
        switches += last.value != me
    probe.observe_least("switches", switches)
    return value
