"""Two processes and a pipe; the other process starts before the clock."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import c_longlong
from multiprocessing import get_context
from multiprocessing.connection import Connection

from runner.models import START_METHOD
from runner.work import Params, Probe

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


def pong(pipe: Connection, last: c_longlong) -> None:
    """Answer each value with the next number until the other end is closed."""
    me = os.getpid()
    while True:
        try:
            answer = pipe.recv() + 1
        except EOFError:
            return
        last.value = me
        pipe.send(answer)


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[tuple[Connection, c_longlong]]:
    pipe, other_end = processes.Pipe()
    last = processes.RawValue("q")  # the process that had the last turn
    other = processes.Process(target=pong, args=(other_end, last))
    other.start()
    other_end.close()
    try:
        yield pipe, last
    finally:
        pipe.close()
        other.join()


def run(params: Params, probe: Probe, shared: tuple[Connection, c_longlong]) -> int:
    pipe, last = shared
    me = os.getpid()
    value = switches = 0
    for _ in range(params.rounds):
        last.value = me
        pipe.send(value)
        value = pipe.recv() + 1
        switches += last.value != me
    probe.observe_least("switches", switches)
    return value
