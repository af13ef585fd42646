"""Echo servers as the workbench vmbench has them, written anew from what its servers do.

`peers.py asyncio|uvloop protocol|streams|sock` prints its port and serves until its standard input
ends. What is copied is the kind of server and its sizes: reads of at most 102,400 bytes, a write of
what was read and nothing else; streams are not drained, and `sock` leaves TCP_NODELAY off.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable

import uvloop

READ = 102_400


class Echo(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)


async def by_protocol() -> int:
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", 0)
    return server.sockets[0].getsockname()[1]


async def by_streams() -> int:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(READ):
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    return server.sockets[0].getsockname()[1]


async def by_sock() -> int:
    loop = asyncio.get_running_loop()
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    listener.settimeout(0)
    tasks = set()

    async def echo(client: socket.socket) -> None:
        with client:
            while data := await loop.sock_recv(client, READ):
                await loop.sock_sendall(client, data)

    async def accept() -> None:
        while True:
            client, _ = await loop.sock_accept(listener)
            client.settimeout(0)
            tasks.add(loop.create_task(echo(client)))

    tasks.add(loop.create_task(accept()))
    return listener.getsockname()[1]


KINDS: dict[str, Callable[[], Awaitable[int]]] = {
    "protocol": by_protocol,
    "streams": by_streams,
    "sock": by_sock,
}


async def main(kind: str) -> None:
    print(await KINDS[kind](), flush=True)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(0, ended.set)
    await ended.wait()


if __name__ == "__main__":
    new_loop = uvloop.new_event_loop if sys.argv[1] == "uvloop" else asyncio.new_event_loop
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(main(sys.argv[2]))
