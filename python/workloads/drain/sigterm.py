"""SIGTERM as a byte on a socket, so that it ends a wait whenever it comes.

A handler alone does not: Python runs it between two bytecodes, so never if the signal comes right
before the main thread begins to wait.
"""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def signal_socket() -> Iterator[socket.socket]:
    """Yield a socket to which Python writes each signal's number; SIGTERM has no other effect."""
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    previous_descriptor = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    previous_handler = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        with reader, writer:
            yield reader
    finally:
        signal.signal(signal.SIGTERM, previous_handler)
        signal.set_wakeup_fd(previous_descriptor)


def wait(signals: socket.socket) -> None:
    """Block until SIGTERM comes."""
    while signal.SIGTERM not in signals.recv(64):
        pass
