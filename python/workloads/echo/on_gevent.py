"""One greenlet per connection receives data and sends it back."""

from contextlib import suppress

from gevent.pool import Pool
from gevent.server import StreamServer
from gevent.socket import IPPROTO_TCP, TCP_NODELAY, socket

from runner import open_files
from runner.work import Params, Probe

BACKLOG = 1_024
READ_BYTES = 65_536


def echo(connection: socket, address: tuple[str, int]) -> None:
    connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    with suppress(ConnectionError):  # the client reset the connection
        while data := connection.recv(READ_BYTES):
            connection.sendall(data)


def run(params: Params, probe: Probe) -> int:
    open_files.raise_limit(params.connections)
    server = StreamServer(("127.0.0.1", 0), echo, backlog=BACKLOG, spawn=Pool())
    server.start()
    probe.listening(server.server_port)
    probe.wait_until_stopped()
    server.stop(timeout=0)  # kills the greenlets of the pool
    return 0
