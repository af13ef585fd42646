"""BufferedProtocol: the loop reads into one buffer that all connections share."""

import asyncio

from runner import open_files
from runner.work import Params, Probe

BACKLOG = 1_024
READ_BYTES = 65_536


class Echo(asyncio.BufferedProtocol):
    __slots__ = ("buffer", "connections", "transport")

    def __init__(self, buffer: memoryview, connections: set[asyncio.Transport]) -> None:
        self.buffer = buffer
        self.connections = connections

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.connections.add(transport)

    def get_buffer(self, _: int) -> memoryview:
        return self.buffer

    def buffer_updated(self, count: int) -> None:
        # A copy, because a transport may keep the data until it can send it (uvloop always does),
        # and the next read overwrites the buffer.
        self.transport.write(bytes(self.buffer[:count]))

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
    buffer = memoryview(bytearray(READ_BYTES))
    connections: set[asyncio.Transport] = set()
    server = await loop.create_server(
        lambda: Echo(buffer, connections), "127.0.0.1", 0, backlog=BACKLOG
    )
    probe.listening(server.sockets[0].getsockname()[1])
    await probe.stopped()
    server.close()
    for transport in connections:
        transport.abort()  # close() would wait for clients that do not read
    await asyncio.sleep(0)  # lets the loop call connection_lost()
    await server.wait_closed()
    return 0
