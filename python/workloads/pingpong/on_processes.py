"""Two processes and two queues; the other process starts before the clock."""

from __future__ import annotations

from contextlib import contextmanager
from multiprocessing import get_context
from typing import TYPE_CHECKING

from runner.models import START_METHOD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.queues import Queue

    from runner.work import Params, Probe

    Queues = tuple[Queue[int | None], Queue[int]]

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


def pong(pings: Queue[int | None], pongs: Queue[int]) -> None:
    """Answer each value with the next number until None arrives."""
    while (value := pings.get()) is not None:
        pongs.put(value + 1)


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Queues]:
    pings, pongs = processes.Queue(), processes.Queue()
    other = processes.Process(target=pong, args=(pings, pongs))
    other.start()
    try:
        yield pings, pongs
    finally:
        pings.put(None)
        other.join()
        pings.close()
        pongs.close()


def run(params: Params, probe: Probe, queues: Queues) -> int:
    pings, pongs = queues
    value = 0
    for _ in range(params.rounds):
        pings.put(value)
        value = pongs.get() + 1
    return value
