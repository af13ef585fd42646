"""httptools on non-blocking sockets, with one task per connection."""

import socket
from contextlib import suppress

import httptools

from runner import scratch
from runner.work import Params, Probe
from workloads.http.httptools_parser import RequestParser
from workloads.http.response import BAD_REQUEST, BODY, RESPONSE

READ_BYTES = 65_536


class Responder(RequestParser):
    """Parses the data of a client, and makes the responses to the requests that are complete."""

    def __init__(self) -> None:
        super().__init__()
        self.is_last = False
        self.responses: list[bytes] = []

    def respond_to(self, data: bytes) -> bytes:
        self.responses.clear()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.is_last = True  # it is answered; data after it are another protocol
        except httptools.HttpParserError:
            if not self.is_last:
                self.responses.append(BAD_REQUEST)
                self.is_last = True
        return b"".join(self.responses)

    def on_message_complete(self) -> None:
        if self.is_last:
            return
        self.is_last = not self.parser.should_keep_alive()
        found = self.url == b"/" and self.parser.get_method() == b"GET"
        body = BODY if found else b""
        self.responses.append(
            RESPONSE
            % (
                b"200 OK" if found else b"404 Not Found",
                len(body),
                b"Connection: close\r\n" if self.is_last else b"",
                body,
            )
        )


async def accept(listener: socket.socket) -> socket.socket:
    while True:
        await scratch.wait_readable(listener)
        with suppress(BlockingIOError, ConnectionError):  # the client has already disconnected
            connection, _ = listener.accept()
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection


async def receive(connection: socket.socket) -> bytes:
    while True:
        await scratch.wait_readable(connection)
        with suppress(BlockingIOError):
            return connection.recv(READ_BYTES)


async def send(connection: socket.socket, data: bytes) -> None:
    while data:
        try:
            data = data[connection.send(data) :]
        except BlockingIOError:
            await scratch.wait_writable(connection)


async def serve(connection: socket.socket) -> None:
    responder = Responder()
    with connection, suppress(ConnectionError):  # the client has disconnected
        while not responder.is_last and (data := await receive(connection)):
            await send(connection, responder.respond_to(data))


async def listen(listener: socket.socket, group: scratch.TaskGroup) -> None:
    while True:
        group.spawn(serve(await accept(listener)))


async def run(params: Params, probe: Probe) -> int:
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        listener.setblocking(False)
        async with scratch.TaskGroup() as group:
            group.spawn(listen(listener, group))
            probe.listening(listener.getsockname()[1])
            await probe.stopped()
            group.cancel()
    return 0
