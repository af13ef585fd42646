"""Sockets through the loop's sock_ methods: one task per connection.

Rejected: sock_recv_into() with a buffer per connection. The two memory views per message cost more
than the bytes object that they avoid, by 2% at 64 connections.
"""

import asyncio
from contextlib import suppress
from socket import IPPROTO_TCP, TCP_NODELAY, create_server, socket

from runner import open_files
from runner.work import Params, Probe

BACKLOG = 1_024
READ_BYTES = 65_536


async def echo(connection: socket) -> None:
    loop = asyncio.get_running_loop()
    with connection, suppress(ConnectionError):
        while data := await loop.sock_recv(connection, READ_BYTES):
            await loop.sock_sendall(connection, data)


async def serve(listener: socket) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as group:
        while True:
            connection, _ = await loop.sock_accept(listener)
            connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
            group.create_task(echo(connection))


async def run(params: Params, probe: Probe) -> int:
    open_files.raise_limit(params.connections)
    with create_server(("127.0.0.1", 0), backlog=BACKLOG) as listener:
        listener.settimeout(0)
        server = asyncio.create_task(serve(listener))
        probe.listening(listener.getsockname()[1])
        await probe.stopped()
        server.cancel()
        with suppress(asyncio.CancelledError):
            await server
    return 0
