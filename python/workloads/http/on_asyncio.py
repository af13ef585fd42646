"""httptools in a Protocol; the parser's last callback writes the response."""

import asyncio

import httptools

from runner.work import Params, Probe
from workloads.http.httptools_parser import RequestParser
from workloads.http.response import BAD_REQUEST, BODY, RESPONSE


class Connection(RequestParser, asyncio.Protocol):
    def __init__(self, connections: set["Connection"]) -> None:
        super().__init__()
        self.connections = connections
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.connections.discard(self)
        self.lost.set_result(None)

    def data_received(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.transport.close()  # it is answered; data after it are another protocol
        except httptools.HttpParserError:
            if not self.transport.is_closing():
                self.transport.write(BAD_REQUEST)
                self.transport.close()

    # Do not read from a client that does not read its responses.

    def pause_writing(self) -> None:
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        self.transport.resume_reading()

    # The parser's last callback for a request; the others are in RequestParser.

    def on_message_complete(self) -> None:
        if self.transport.is_closing():
            return  # the client sent another request after its last one
        keep_alive = self.parser.should_keep_alive()
        found = self.url == b"/" and self.parser.get_method() == b"GET"
        body = BODY if found else b""
        self.transport.write(
            RESPONSE
            % (
                b"200 OK" if found else b"404 Not Found",
                len(body),
                b"" if keep_alive else b"Connection: close\r\n",
                body,
            )
        )
        if not keep_alive:
            self.transport.close()


async def run(params: Params, probe: Probe) -> int:
    loop = asyncio.get_running_loop()
    connections: set[Connection] = set()
    server = await loop.create_server(lambda: Connection(connections), "127.0.0.1", 0, backlog=1024)
    probe.listening(server.sockets[0].getsockname()[1])
    await probe.stopped()
    server.close()
    closed = [connection.lost for connection in connections]
    for connection in connections.copy():
        connection.transport.close()
    await asyncio.gather(*closed)
    await server.wait_closed()
    return 0
