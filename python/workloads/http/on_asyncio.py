"""httptools over asyncio's streams, with one task per connection."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from runner.work import Params, Probe
from workloads.http.httptools_parser import RequestParser
from workloads.http.response import response

READ_BYTES = 65_536  # the limit of a StreamReader


@asynccontextmanager
async def closing(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    """Close a connection at the end, even if its client has disconnected."""
    try:
        with suppress(ConnectionError):  # the client has disconnected
            yield
        writer.close()
        with suppress(ConnectionError):  # the same error, which nobody else would retrieve
            await writer.wait_closed()
    finally:
        writer.transport.abort()  # no effect if it is closed


class Server:
    """Serves each connection in a task of its own."""

    def __init__(self) -> None:
        self.connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def run(
        self,
        listening: Callable[[int], object],
        stopped: Callable[[], Awaitable[object]],
        port: int = 0,
    ) -> None:
        """Listen until `stopped` returns; other processes may share a port that is not 0."""
        async with asyncio.TaskGroup() as group:

            def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                connection = group.create_task(self.serve(reader, writer))
                self.connections[connection] = writer
                connection.add_done_callback(self.connections.pop)

            server = await asyncio.start_server(
                connected, "127.0.0.1", port, backlog=1024, reuse_port=port != 0
            )
            listening(server.sockets[0].getsockname()[1])
            await stopped()
            server.close()
            self.end_connections()
        await server.wait_closed()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests = RequestParser()
        async with closing(writer):
            while not requests.is_over and (data := await reader.read(READ_BYTES)):
                for request in requests.feed(data):
                    writer.write(response(request))
                    await writer.drain()

    def end_connections(self) -> None:
        for connection in self.connections:
            connection.cancel()


async def run(params: Params, probe: Probe) -> int:
    await Server().run(probe.listening, probe.stopped)
    return 0
