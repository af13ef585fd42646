"""A client that has nothing in common with the load generator: one thread, blocking sockets.

    python tracer.py PORT CONNECTIONS RATE REQUESTS

It sends 1 KiB at a fixed rate, over one connection after the other, and takes the time right before
each send and right after the whole echo. It never sends early, and leaves out requests that would
be late because of the one before. It prints the median in ns: as the program sees it, and until the
kernel had the response (Linux), which leaves out the time to wake this program up.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import sys
import time
from statistics import median

_MESSAGE = os.urandom(1_024)
_SECOND = 1_000_000_000
_TIMESTAMPS = 35  # SO_TIMESTAMPNS, and the type of the message that it brings
_TIMESPEC = struct.Struct("qq")


def main(port: int, connections: int, rate: int, requests: int) -> None:
    sockets = [_connect(port) for _ in range(connections)]
    seen, arrived = [], []
    start = time.monotonic_ns()
    slot = 0
    for number in range(requests):
        slot = max(slot + 1, (time.monotonic_ns() - start) * rate // _SECOND + 1)
        time.sleep(max(0, start + slot * _SECOND // rate - time.monotonic_ns()) / _SECOND)
        total, until_kernel = _exchange(sockets[number % connections])
        seen.append(total)
        if until_kernel is not None:
            arrived.append(until_kernel)
    print(json.dumps({"seen_ns": median(seen), "arrived_ns": median(arrived) if arrived else None}))


def _connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if sys.platform == "linux":
        connection.setsockopt(socket.SOL_SOCKET, _TIMESTAMPS, 1)
    return connection


def _exchange(connection: socket.socket) -> tuple[int, int | None]:
    """Return how long an echo takes, and how long until the kernel has its last byte."""
    received = b""
    began, clock = time.time_ns(), time.time_ns
    connection.send(_MESSAGE)
    while len(received) < len(_MESSAGE):
        data, told, _, _ = connection.recvmsg(len(_MESSAGE), 64)
        ended = clock()
        assert data, "the server closed the connection"
        received += data
    assert received == _MESSAGE
    if not told:
        return ended - began, None
    seconds, ns = _TIMESPEC.unpack(told[0][2][: _TIMESPEC.size])
    return ended - began, seconds * _SECOND + ns - began


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
