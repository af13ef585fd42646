"""httptools in a Protocol, as asyncio's web servers do it: no task, no stream."""

import asyncio

from runner.work import Params, Probe
from workloads.http.httptools_parser import RequestParser
from workloads.http.response import response


class Connection(asyncio.Protocol):
    def __init__(self, connections: set["Connection"]) -> None:
        self.requests = RequestParser()
        self.connections = connections
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.connections.discard(self)
        self.lost.set_result(None)

    def data_received(self, data: bytes) -> None:
        for request in self.requests.feed(data):
            self.transport.write(response(request))
        if self.requests.is_over:
            self.transport.close()

    # Do not read from a client that does not read its responses.

    def pause_writing(self) -> None:
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        self.transport.resume_reading()


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
