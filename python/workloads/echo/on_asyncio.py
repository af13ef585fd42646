"""Streams: one task per connection reads data and writes it back."""

import asyncio
from contextlib import suppress

from runner import open_files
from runner.work import Params, Probe

BACKLOG = 1_024
READ_BYTES = 65_536  # the limit of a StreamReader by default


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        with suppress(ConnectionError):  # the client reset the connection
            while data := await reader.read(READ_BYTES):
                writer.write(data)
                await writer.drain()
        writer.close()
        with suppress(ConnectionError):  # the same error, which nobody else would retrieve
            await writer.wait_closed()
    finally:
        writer.transport.abort()  # no effect if it is closed


async def run(params: Params, probe: Probe) -> int:
    open_files.raise_limit(params.connections)
    connections: set[asyncio.Task[None]] = set()
    async with asyncio.TaskGroup() as group:

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection = group.create_task(echo(reader, writer))
            connections.add(connection)
            connection.add_done_callback(connections.discard)

        server = await asyncio.start_server(connected, "127.0.0.1", 0, backlog=BACKLOG)
        probe.listening(server.sockets[0].getsockname()[1])
        await probe.stopped()
        server.close()
        for connection in connections:
            connection.cancel()
    await server.wait_closed()
    return 0
