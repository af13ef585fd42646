"""A minimal HTTP/1.1 client for the event loop `scratch`: sockets, kept alive, and a parser."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from httptools import HttpResponseParser

from runner import scratch

READ_BYTES = 65_536
REQUEST = b"GET %b HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n"


class Response:
    """A response; the parser calls its methods."""

    def __init__(self) -> None:
        self.body = bytearray()
        self.status = 0
        self.is_complete = False

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_message_complete(self) -> None:
        self.is_complete = True


class Client:
    """Fetches from one server, over free connections first."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.free: list[socket.socket] = []

    async def get(self, path: str) -> Response:
        connection = self.free.pop() if self.free else await connect(self.port)
        response = Response()
        parser = HttpResponseParser(response)
        connection.sendall(REQUEST % (path.encode(), self.port))  # far less than a buffer holds
        while not response.is_complete:
            parser.feed_data(await receive(connection))
        response.status = parser.get_status_code()
        self.free.append(connection)
        return response


@contextmanager
def open_client(port: int) -> Iterator[Client]:
    client = Client(port)
    try:
        yield client
    finally:
        for connection in client.free:
            connection.close()


async def connect(port: int) -> socket.socket:
    connection = socket.socket()
    connection.setblocking(False)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with suppress(BlockingIOError):
        connection.connect(("127.0.0.1", port))
    await scratch.wait_writable(connection)
    if error := connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        raise OSError(error, "cannot connect")
    return connection


async def receive(connection: socket.socket) -> bytes:
    while True:
        await scratch.wait_readable(connection)
        with suppress(BlockingIOError):
            if data := connection.recv(READ_BYTES):
                return data
            raise ConnectionError("the server has closed the connection")
