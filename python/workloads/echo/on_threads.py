"""A thread a connection, each with a buffer of its own, and one that accepts."""

from contextlib import suppress
from socket import IPPROTO_TCP, SHUT_RDWR, TCP_NODELAY, create_connection, create_server, socket
from threading import Event, Thread

from runner import descriptors
from runner.work import Params, Probe

BACKLOG = 1_024
READ = 65_536  # bytes, at most


def echo(connection: socket) -> None:
    buffer = memoryview(bytearray(READ))
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
    descriptors.allow(params.connections)
    connections: list[tuple[socket, Thread]] = []
    stopping = Event()
    with create_server(("127.0.0.1", 0), backlog=BACKLOG) as listener:
        accepting = Thread(target=accept, args=(listener, stopping, connections))
        accepting.start()
        probe.listening(listener.getsockname()[1])
        probe.wait_until_stopped()
        stopping.set()
        create_connection(listener.getsockname()).close()  # nothing else ends an accept anywhere
        accepting.join()
    for connection, thread in connections:
        with suppress(OSError):  # it may be closed already
            connection.shutdown(SHUT_RDWR)
        thread.join()
    return 0
