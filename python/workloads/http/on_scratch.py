"""httptools on non-blocking sockets, with one task per connection."""

import socket
from contextlib import suppress

from runner import scratch
from runner.work import Params, Probe
from workloads.http.httptools_parser import RequestParser
from workloads.http.response import response

READ_BYTES = 65_536


async def accept(listener: socket.socket) -> socket.socket:
    while True:
        await scratch.wait_readable(listener)
        with suppress(BlockingIOError, ConnectionError):  # the client has already disconnected
            connection, _ = listener.accept()
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection


async def receive(connection: socket.socket) -> bytes:
    while True:
        await scratch.wait_readable(connection)
        with suppress(BlockingIOError):
            return connection.recv(READ_BYTES)


async def send(connection: socket.socket, data: bytes) -> None:
    while data:
        try:
            data = data[connection.send(data) :]
        except BlockingIOError:
            await scratch.wait_writable(connection)


async def serve(connection: socket.socket) -> None:
    requests = RequestParser()
    with connection, suppress(ConnectionError):  # the client has disconnected
        while not requests.is_over and (data := await receive(connection)):
            for request in requests.feed(data):
                await send(connection, response(request))


async def listen(listener: socket.socket, group: scratch.TaskGroup) -> None:
    while True:
        group.spawn(serve(await accept(listener)))


async def run(params: Params, probe: Probe) -> int:
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        listener.setblocking(False)
        async with scratch.TaskGroup() as group:
            group.spawn(listen(listener, group))
            probe.listening(listener.getsockname()[1])
            await probe.stopped()
            group.cancel()
    return 0
