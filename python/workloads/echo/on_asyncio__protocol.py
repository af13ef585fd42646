"""Protocol: the loop calls it with the data it has read, and it writes them to the transport."""

import asyncio

from runner import open_files
from runner.work import Params, Probe

BACKLOG = 1_024


class Echo(asyncio.Protocol):
    __slots__ = ("connections", "transport")

    def __init__(self, connections: set[asyncio.Transport]) -> None:
        self.connections = connections

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.connections.add(transport)

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)  # keeping the bound method would be slower, in uvloop by 3%

    # Do not read from a client that does not read: the transport would buffer without a limit.
    def pause_writing(self) -> None:
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        self.transport.resume_reading()

    def connection_lost(self, _: Exception | None) -> None:
        self.connections.remove(self.transport)


async def run(params: Params, probe: Probe) -> int:
    open_files.raise_limit(params.connections)
    loop = asyncio.get_running_loop()
    connections: set[asyncio.Transport] = set()
    server = await loop.create_server(lambda: Echo(connections), "127.0.0.1", 0, backlog=BACKLOG)
    probe.listening(server.sockets[0].getsockname()[1])
    await probe.stopped()
    server.close()
    for transport in connections:
        transport.abort()  # close() would wait for clients that do not read
    await asyncio.sleep(0)  # lets the loop call connection_lost()
    await server.wait_closed()
    return 0
