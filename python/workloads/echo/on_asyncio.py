"""Streams: a task a connection, which reads what there is and writes it back."""

import asyncio

from runner import descriptors
from runner.work import Params, Probe

BACKLOG = 1_024
READ = 262_144  # bytes, at most; also how much a reader collects before it holds up its socket


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    transport = writer.transport  # which is all that writer.write() calls
    try:
        while data := await reader.read(READ):
            transport.write(data)
            if transport.get_write_buffer_size():  # or drain() has nothing to wait for, and costs
                await writer.drain()
        writer.close()
        await writer.wait_closed()
    except ConnectionError:
        pass  # reset by the other side
    finally:
        transport.abort()  # does nothing to one that is closed


async def run(params: Params, probe: Probe) -> int:
    descriptors.allow(params.connections)
    connections: set[asyncio.Task[None]] = set()
    async with asyncio.TaskGroup() as group:

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection = group.create_task(echo(reader, writer))
            connections.add(connection)
            connection.add_done_callback(connections.discard)

        server = await asyncio.start_server(connected, "127.0.0.1", 0, limit=READ, backlog=BACKLOG)
        probe.listening(server.sockets[0].getsockname()[1])
        await probe.stopped()
        server.close()
        for connection in connections:
            connection.cancel()
    await server.wait_closed()
    return 0
