"""httptools on non-blocking sockets, a task a connection; a signal is one more thing to read."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httptools

from runner import scratch
from runner.work import Params, Probe

BODY = b"Hello, World!\n"
READ_BYTES = 65_536


class Requests:
    """The requests that a client has sent and that have no answer yet: status, body, is last."""

    def __init__(self) -> None:
        self.parser = httptools.HttpRequestParser(self)
        self.url = b""
        self.begun: list[tuple[bytes, bytes, bool]] = []

    def feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # what follows is another protocol, and the answer says that it is not spoken
        except httptools.HttpParserError:
            self.begun.append((b"400 Bad Request", b"", True))

    # What the parser finds, in this order.

    def on_message_begin(self) -> None:
        self.url = b""

    def on_url(self, piece: bytes) -> None:
        self.url += piece

    def on_message_complete(self) -> None:
        is_last = not self.parser.should_keep_alive() or self.parser.should_upgrade()
        if self.url == b"/" and self.parser.get_method() == b"GET":
            self.begun.append((b"200 OK", BODY, is_last))
        else:
            self.begun.append((b"404 Not Found", b"", is_last))


async def receive(connection: socket.socket) -> bytes:
    while True:
        await scratch.readable(connection)
        with suppress(BlockingIOError):
            return connection.recv(READ_BYTES)


async def send(connection: socket.socket, data: bytes) -> None:
    while data:
        try:
            data = data[connection.send(data) :]
        except BlockingIOError:
            await scratch.writable(connection)


class Server:
    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s
        self.is_draining = False
        self.connections: set[socket.socket] = set()

    async def accept(self, listener: socket.socket, group: scratch.TaskGroup) -> None:
        while True:
            await scratch.readable(listener)
            with suppress(BlockingIOError, ConnectionError):  # gone before it was accepted
                connection, _ = listener.accept()
                connection.setblocking(False)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.connections.add(connection)
                group.spawn(self.serve(connection))

    async def serve(self, connection: socket.socket) -> None:
        requests = Requests()
        with connection, suppress(ConnectionError):  # the client is gone
            while data := await receive(connection):
                requests.feed(data)
                if not await self.answer(requests.begun, connection):
                    break
        self.connections.discard(connection)

    async def answer(
        self, begun: list[tuple[bytes, bytes, bool]], connection: socket.socket
    ) -> bool:
        """Answer what has begun; returns whether the connection stays open after that."""
        while begun:
            await scratch.sleep(self.wait_s)
            status, body, is_last = begun.pop(0)
            closes = is_last or (self.is_draining and not begun)
            await send(
                connection,
                b"HTTP/1.1 %b\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n%b\r\n%b"
                % (status, len(body), b"Connection: close\r\n" if closes else b"", body),
            )
            if closes:
                return False
        return True

    def drain(self) -> None:
        self.is_draining = True
        for connection in self.connections:
            with suppress(OSError):  # the client is gone
                # A task that waits for a request reads the end; one that answers still can.
                connection.shutdown(socket.SHUT_RD)


@contextmanager
def readable_signals() -> Iterator[socket.socket]:
    """Have the interpreter write the number of each signal to a socket; SIGTERM does no more."""
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)
    descriptor = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    handler = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        with reader, writer:
            yield reader
    finally:
        signal.signal(signal.SIGTERM, handler)
        signal.set_wakeup_fd(descriptor)


async def run(params: Params, probe: Probe) -> int:
    server = Server(params.wait_ns / 1e9)
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    listener.setblocking(False)
    with readable_signals() as signals:
        async with scratch.TaskGroup() as group:
            with listener:
                accepting = group.spawn(server.accept(listener, group))
                probe.listening(listener.getsockname()[1])
                while signal.SIGTERM not in await receive(signals):
                    pass
                accepting.cancel()
            server.drain()
    return 0
