"""A task a connection on non-blocking sockets; they share a buffer, for one runs at a time."""

from contextlib import suppress
from socket import IPPROTO_TCP, TCP_NODELAY, create_server, socket

from runner import descriptors, scratch
from runner.work import Params, Probe

BACKLOG = 1_024
READ = 262_144  # bytes, at most


async def echo(connection: socket, buffer: memoryview) -> None:
    with connection, suppress(ConnectionError):
        while True:
            await scratch.readable(connection)
            try:
                count = connection.recv_into(buffer)
            except BlockingIOError:
                continue  # nothing was there after all
            if not count:
                return
            try:
                sent = connection.send(buffer[:count])
            except BlockingIOError:
                sent = 0
            if sent < count:
                await send_all(connection, bytes(buffer[sent:count]))


async def send_all(connection: socket, data: bytes) -> None:
    """Send the rest as there is room, from a copy: meanwhile others use the buffer."""
    rest = memoryview(data)
    while rest:
        await scratch.writable(connection)
        with suppress(BlockingIOError):
            rest = rest[connection.send(rest) :]


async def serve(listener: socket, group: scratch.TaskGroup) -> None:
    buffer = memoryview(bytearray(READ))
    while True:
        await scratch.readable(listener)
        with suppress(BlockingIOError):  # who knocked may have gone
            connection, _ = listener.accept()
            connection.settimeout(0)
            connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
            group.spawn(echo(connection, buffer))


async def run(params: Params, probe: Probe) -> int:
    descriptors.allow(params.connections)
    with create_server(("127.0.0.1", 0), backlog=BACKLOG) as listener:
        listener.settimeout(0)
        async with scratch.TaskGroup() as group:
            group.spawn(serve(listener, group))
            probe.listening(listener.getsockname()[1])
            await probe.stopped()
            group.cancel()
    return 0
