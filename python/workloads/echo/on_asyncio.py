"""Streams: a task a connection, which reads what there is and writes it back."""

import asyncio

from runner import descriptors
from runner.work import Params, Probe

BACKLOG = 1_024
READ = 262_144  # bytes, at most; also how much a reader collects before it holds up its socket


async def echo(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    connections: set[asyncio.StreamWriter],
) -> None:
    connections.add(writer)
    unsent = writer.transport.get_write_buffer_size
    try:
        while data := await reader.read(READ):
            writer.write(data)
            if unsent():  # otherwise drain() finds nothing to wait for, which costs all the same
                await writer.drain()
        writer.close()
        await writer.wait_closed()
    except ConnectionError:
        pass  # reset by the other side, and so closed
    finally:
        connections.remove(writer)


async def run(params: Params, probe: Probe) -> int:
    descriptors.allow(params.connections)
    connections: set[asyncio.StreamWriter] = set()
    async with asyncio.TaskGroup() as group:

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            group.create_task(echo(reader, writer, connections))

        server = await asyncio.start_server(connected, "127.0.0.1", 0, limit=READ, backlog=BACKLOG)
        probe.listening(server.sockets[0].getsockname()[1])
        await probe.stopped()
        server.close()
        for writer in connections:
            writer.transport.abort()  # close() would wait for those who do not read
    await server.wait_closed()
    return 0
