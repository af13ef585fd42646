"""httptools on non-blocking sockets, with one task per connection; a socket reports signals."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httptools

from runner import scratch
from runner.work import Params, Probe
from workloads.http.httptools_parser import RequestParser
from workloads.http.on_scratch import accept, receive, send
from workloads.http.response import BODY, RESPONSE


class Requests(RequestParser):
    """Parses the data of a client into pending responses: status, body, is_last."""

    def __init__(self) -> None:
        super().__init__()
        self.pending: list[tuple[bytes, bytes, bool]] = []

    def feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # the response closes the connection; data after the request are ignored
        except httptools.HttpParserError:
            self.pending.append((b"400 Bad Request", b"", True))

    def on_message_complete(self) -> None:
        is_last = not self.parser.should_keep_alive() or self.parser.should_upgrade()
        if self.url == b"/" and self.parser.get_method() == b"GET":
            self.pending.append((b"200 OK", BODY, is_last))
        else:
            self.pending.append((b"404 Not Found", b"", is_last))


class Server:
    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s
        self.is_draining = False
        self.connections: set[socket.socket] = set()

    async def listen(self, listener: socket.socket, group: scratch.TaskGroup) -> None:
        while True:
            connection = await accept(listener)
            self.connections.add(connection)
            group.spawn(self.serve(connection))

    async def serve(self, connection: socket.socket) -> None:
        requests = Requests()
        with connection, suppress(ConnectionError):  # the client has disconnected
            while data := await receive(connection):
                requests.feed(data)
                if not await self.respond(requests.pending, connection):
                    break
        self.connections.discard(connection)

    async def respond(
        self, pending: list[tuple[bytes, bytes, bool]], connection: socket.socket
    ) -> bool:
        """Send the pending responses; return whether the connection stays open."""
        while pending:
            await scratch.sleep(self.wait_s)
            status, body, is_last = pending.pop(0)
            close = is_last or (self.is_draining and not pending)
            further_headers = b"Connection: close\r\n" if close else b""
            await send(connection, RESPONSE % (status, len(body), further_headers, body))
            if close:
                return False
        return True

    def drain(self) -> None:
        self.is_draining = True
        for connection in self.connections:
            with suppress(OSError):  # the client has disconnected
                # A task that waits for a request reads the end; one that responds can still send.
                connection.shutdown(socket.SHUT_RD)


@contextmanager
def signal_socket() -> Iterator[socket.socket]:
    """Yield a socket to which Python writes each signal's number; SIGTERM has no other effect."""
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)
    previous_descriptor = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    previous_handler = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        with reader, writer:
            yield reader
    finally:
        signal.signal(signal.SIGTERM, previous_handler)
        signal.set_wakeup_fd(previous_descriptor)


async def run(params: Params, probe: Probe) -> int:
    server = Server(params.wait_ns / 1e9)
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    listener.setblocking(False)
    with signal_socket() as signals:
        async with scratch.TaskGroup() as group:
            with listener:
                listen_task = group.spawn(server.listen(listener, group))
                probe.listening(listener.getsockname()[1])
                while signal.SIGTERM not in await receive(signals):
                    pass
                listen_task.cancel()
            server.drain()
    return 0
