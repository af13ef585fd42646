"""Two processes and a pipe; the other process starts before the clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection

from runner.models import START_METHOD
from runner.work import Params, Probe

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


def pong(pipe: Connection) -> None:
    """Answer each value with the next number until the other end is closed."""
    while True:
        try:
            pipe.send(pipe.recv() + 1)
        except EOFError:
            return


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Connection]:
    pipe, other_end = processes.Pipe()
    other = processes.Process(target=pong, args=(other_end,))
    other.start()
    other_end.close()
    try:
        yield pipe
    finally:
        pipe.close()
        other.join()


def run(params: Params, probe: Probe, pipe: Connection) -> int:
    value = 0
    for _ in range(params.rounds):
        pipe.send(value)
        value = pipe.recv() + 1
    return value
