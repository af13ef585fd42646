"""Two processes and two pipes of the system, eight bytes for each value, without pickle."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import c_longlong
from multiprocessing import get_context
from multiprocessing.connection import Connection

from runner.models import START_METHOD
from runner.work import Params, Probe

BYTES = 8  # of a value; a pipe carries so few in one piece

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


def pong(pings: Connection, pongs: Connection, last: c_longlong) -> None:
    """Answer each value with the next number until the other end is closed."""
    read_end, write_end, me = pings.fileno(), pongs.fileno(), os.getpid()
    while data := os.read(read_end, BYTES):
        last.value = me
        os.write(write_end, (int.from_bytes(data, "little") + 1).to_bytes(BYTES, "little"))


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[tuple[int, int, c_longlong]]:
    # A Connection is the way to pass a descriptor to a process; its own protocol is not used.
    receive_ping, send_ping = processes.Pipe(duplex=False)
    receive_pong, send_pong = processes.Pipe(duplex=False)
    last = processes.RawValue("q")  # the process that had the last turn
    other = processes.Process(target=pong, args=(receive_ping, send_pong, last))
    other.start()
    receive_ping.close()
    send_pong.close()
    try:
        yield send_ping.fileno(), receive_pong.fileno(), last
    finally:
        send_ping.close()
        other.join()
        receive_pong.close()


def run(params: Params, probe: Probe, shared: tuple[int, int, c_longlong]) -> int:
    write_end, read_end, last = shared
    me = os.getpid()
    value = switches = 0
    for _ in range(params.rounds):
        last.value = me
        os.write(write_end, value.to_bytes(BYTES, "little"))
        value = int.from_bytes(os.read(read_end, BYTES), "little") + 1
        switches += last.value != me
    probe.observe_least("switches", switches)
    return value
