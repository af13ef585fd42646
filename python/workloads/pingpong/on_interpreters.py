"""Two interpreters and two queues; a queue that is empty is looked at again every 10 ms."""

from collections.abc import Iterator
from concurrent import interpreters
from contextlib import contextmanager

from runner.interpreter_pool import crew, current_interpreter
from runner.work import Params, Probe

Shared = tuple[interpreters.Queue, interpreters.Queue, memoryview]


def pong(pings: interpreters.Queue, pongs: interpreters.Queue, last: memoryview) -> None:
    """Answer each value with the next number until None arrives."""
    me = current_interpreter()
    while (value := pings.get()) is not None:
        last[0] = me
        pongs.put(value + 1)


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Shared]:
    pings, pongs = interpreters.create_queue(), interpreters.create_queue()
    last = memoryview(bytearray(8)).cast("q")  # the interpreter that had the last turn
    with crew(__name__, 1) as (other,):
        thread = other.call_in_thread(pong, pings, pongs, last)
        try:
            yield pings, pongs, last
        finally:
            pings.put(None)
            thread.join()


def run(params: Params, probe: Probe, shared: Shared) -> int:
    pings, pongs, last = shared
    me = current_interpreter()
    value = switches = 0
    for _ in range(params.rounds):
        last[0] = me
        pings.put(value)
        value = pongs.get() + 1
        switches += last[0] != me
    probe.observe_least("switches", switches)
    return value
