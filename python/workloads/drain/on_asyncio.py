"""httptools in a Protocol, with a task per busy connection; the loop's signal handler."""

import asyncio
import signal
from collections import deque

import httptools

from runner.work import Params, Probe
from workloads.http import on_asyncio as http
from workloads.http.response import BODY, RESPONSE


class Connection(http.Connection):
    def __init__(self, connections: set["Connection"], wait_s: float) -> None:
        super().__init__(connections)
        self.wait_s = wait_s
        self.pending: deque[tuple[bytes, bytes, bool]] = deque()  # status, body, is_last
        self.responder: asyncio.Task[None] | None = None
        self.is_draining = False

    def connection_lost(self, error: Exception | None) -> None:
        if self.responder is not None:
            self.responder.cancel()
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # the response closes the connection; data after the request are ignored
        except httptools.HttpParserError:
            self.enqueue(b"400 Bad Request", b"", is_last=True)

    def on_message_complete(self) -> None:
        is_last = not self.parser.should_keep_alive() or self.parser.should_upgrade()
        if self.url == b"/" and self.parser.get_method() == b"GET":
            self.enqueue(b"200 OK", BODY, is_last=is_last)
        else:
            self.enqueue(b"404 Not Found", b"", is_last=is_last)

    def enqueue(self, status: bytes, body: bytes, *, is_last: bool) -> None:
        self.pending.append((status, body, is_last))
        if self.responder is None:
            self.responder = asyncio.get_running_loop().create_task(self.respond())

    async def respond(self) -> None:
        while self.pending and not self.transport.is_closing():
            await asyncio.sleep(self.wait_s)
            status, body, is_last = self.pending.popleft()
            close = is_last or (self.is_draining and not self.pending)
            further_headers = b"Connection: close\r\n" if close else b""
            self.transport.write(RESPONSE % (status, len(body), further_headers, body))
            if close:
                self.transport.close()
        self.responder = None

    def drain(self) -> None:
        self.is_draining = True
        if self.responder is None:
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
        closed = [connection.lost for connection in connections]
        for connection in connections.copy():
            connection.drain()
        await asyncio.gather(*closed)
        await server.wait_closed()
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
    return 0
