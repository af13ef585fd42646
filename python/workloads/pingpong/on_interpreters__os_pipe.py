"""Two interpreters and two pipes of the system, eight bytes for each value."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from runner.interpreter_pool import crew, current_interpreter
from runner.work import Params, Probe

BYTES = 8  # of a value; a pipe carries so few in one piece

Shared = tuple[int, int, memoryview]


def pong(read_end: int, write_end: int, last: memoryview) -> None:
    """Answer each value with the next number until the other end is closed."""
    me = current_interpreter()
    while data := os.read(read_end, BYTES):
        last[0] = me
        os.write(write_end, (int.from_bytes(data, "little") + 1).to_bytes(BYTES, "little"))


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Shared]:
    (receive_ping, send_ping), (receive_pong, send_pong) = os.pipe(), os.pipe()
    last = memoryview(bytearray(8)).cast("q")  # the interpreter that had the last turn
    with crew(__name__, 1) as (other,):
        thread = other.call_in_thread(pong, receive_ping, send_pong, last)
        try:
            yield send_ping, receive_pong, last
        finally:
            os.close(send_ping)
            thread.join()
            for descriptor in (receive_ping, receive_pong, send_pong):
                os.close(descriptor)


def run(params: Params, probe: Probe, shared: Shared) -> int:
    write_end, read_end, last = shared
    me = current_interpreter()
    value = switches = 0
    for _ in range(params.rounds):
        last[0] = me
        os.write(write_end, value.to_bytes(BYTES, "little"))
        value = int.from_bytes(os.read(read_end, BYTES), "little") + 1
        switches += last[0] != me
    probe.observe_least("switches", switches)
    return value
