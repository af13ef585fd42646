"""Processes that count up one shared counter, each when it is told to, until their pipe closes."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from typing import TYPE_CHECKING, NamedTuple

from runner.models import START_METHOD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from ctypes import c_longlong
    from multiprocessing.connection import Connection
    from multiprocessing.synchronize import Lock

    # Counts up so often, and returns from when to when, and how often.
    Count = Callable[[c_longlong, Lock, int, int], tuple[int, int, int]]

processes = get_context(START_METHOD)


class Workers(NamedTuple):
    """The counter that the workers share, and a pipe to each of them."""

    counter: c_longlong
    pipes: list[Connection]

    def count(self, increments: int, suspensions: int) -> list[tuple[int, int, int]]:
        """Let every worker count; return from when to when each did, and how often."""
        self.counter.value = 0
        for pipe in self.pipes:
            pipe.send((increments, suspensions))
        return [pipe.recv() for pipe in self.pipes]


def work(count: Count, counter: c_longlong, lock: Lock, pipe: Connection) -> None:
    """Count whenever the other end of the pipe says so."""
    while True:
        try:
            increments, suspensions = pipe.recv()
        except EOFError:
            return
        pipe.send(count(counter, lock, increments, suspensions))


@contextmanager
def started(count: Count, number: int) -> Iterator[Workers]:
    """Start that many processes, which can all be preloaded with the module of `count`."""
    processes.set_forkserver_preload([count.__module__])
    counter, lock = processes.RawValue("q"), processes.Lock()
    with ExitStack() as stack:
        pipes = []
        for _ in range(number):
            pipe, other_end = processes.Pipe()
            worker = processes.Process(target=work, args=(count, counter, lock, other_end))
            worker.start()
            other_end.close()
            stack.callback(worker.join)
            stack.callback(pipe.close)
            pipes.append(pipe)
        yield Workers(counter, pipes)
