"""httptools on a bare Protocol, a task for the requests of a connection; a handler of the loop."""

import asyncio
import signal
from collections import deque

import httptools

from runner.work import Params, Probe

BODY = b"Hello, World!\n"


class Connection(asyncio.Protocol):
    def __init__(self, connections: set["Connection"], wait_s: float) -> None:
        self.connections = connections
        self.wait_s = wait_s
        self.parser = httptools.HttpRequestParser(self)
        self.lost = asyncio.get_running_loop().create_future()
        self.url = b""
        self.begun: deque[tuple[bytes, bytes, bool]] = deque()  # status, body, is the last
        self.answering: asyncio.Task[None] | None = None
        self.is_draining = False

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.connections.discard(self)
        if self.answering is not None:
            self.answering.cancel()
        self.lost.set_result(None)

    def data_received(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # what follows is another protocol, and the answer says that it is not spoken
        except httptools.HttpParserError:
            self.begin(b"400 Bad Request", b"", is_last=True)

    # A client that does not read its answers is not read from either.

    def pause_writing(self) -> None:
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        self.transport.resume_reading()

    # What the parser finds, in this order.

    def on_message_begin(self) -> None:
        self.url = b""

    def on_url(self, piece: bytes) -> None:
        self.url += piece

    def on_message_complete(self) -> None:
        is_last = not self.parser.should_keep_alive() or self.parser.should_upgrade()
        if self.url == b"/" and self.parser.get_method() == b"GET":
            self.begin(b"200 OK", BODY, is_last=is_last)
        else:
            self.begin(b"404 Not Found", b"", is_last=is_last)

    def begin(self, status: bytes, body: bytes, *, is_last: bool) -> None:
        self.begun.append((status, body, is_last))
        if self.answering is None:
            self.answering = asyncio.get_running_loop().create_task(self.answer())

    async def answer(self) -> None:
        while self.begun and not self.transport.is_closing():
            await asyncio.sleep(self.wait_s)
            status, body, is_last = self.begun.popleft()
            closes = is_last or (self.is_draining and not self.begun)
            self.transport.write(
                b"HTTP/1.1 %b\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n%b\r\n%b"
                % (status, len(body), b"Connection: close\r\n" if closes else b"", body)
            )
            if closes:
                self.transport.close()
        self.answering = None

    def drain(self) -> None:
        self.is_draining = True
        if self.answering is None:
            self.transport.close()


async def run(params: Params, probe: Probe) -> int:
    loop = asyncio.get_running_loop()
    terminated = asyncio.Event()
    connections: set[Connection] = set()
    wait_s = params.wait_ns / 1e9
    server = await loop.create_server(
        lambda: Connection(connections, wait_s), "127.0.0.1", 0, backlog=1024
    )
    loop.add_signal_handler(signal.SIGTERM, terminated.set)
    try:
        probe.listening(server.sockets[0].getsockname()[1])
        await terminated.wait()
        server.close()
        ends = [connection.lost for connection in connections]
        for connection in connections.copy():
            connection.drain()
        await asyncio.gather(*ends)
        await server.wait_closed()
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
    return 0
