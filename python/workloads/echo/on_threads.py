"""One thread per connection, each with a buffer, and a thread that accepts connections."""

from contextlib import suppress
from socket import IPPROTO_TCP, SHUT_RDWR, TCP_NODELAY, create_connection, create_server, socket
from threading import Event, Thread

from runner import open_files
from runner.work import Params, Probe

BACKLOG = 1_024
READ_BYTES = 65_536


def echo(connection: socket) -> None:
    buffer = memoryview(bytearray(READ_BYTES))
    with connection, suppress(ConnectionError):
        while count := connection.recv_into(buffer):
            connection.sendall(buffer[:count])


def accept(listener: socket, stopping: Event, connections: list[tuple[socket, Thread]]) -> None:
    while True:
        connection, _ = listener.accept()
        if stopping.is_set():
            connection.close()
            return
        connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        thread = Thread(target=echo, args=(connection,))
        connections.append((connection, thread))
        thread.start()


def run(params: Params, probe: Probe) -> int:
    open_files.raise_limit(params.connections)
    connections: list[tuple[socket, Thread]] = []
    stopping = Event()
    with create_server(("127.0.0.1", 0), backlog=BACKLOG) as listener:
        accept_thread = Thread(target=accept, args=(listener, stopping, connections))
        accept_thread.start()
        probe.listening(listener.getsockname()[1])
        probe.wait_until_stopped()
        stopping.set()
        # No other way to end a blocking accept() works on every system.
        create_connection(listener.getsockname()).close()
        accept_thread.join()
    for connection, thread in connections:
        with suppress(OSError):  # it may already be closed
            connection.shutdown(SHUT_RDWR)
        thread.join()
    return 0
