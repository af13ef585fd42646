"""One task per connection on non-blocking sockets; the tasks share a buffer."""

from contextlib import suppress
from socket import IPPROTO_TCP, TCP_NODELAY, create_server, socket

from runner import open_files, scratch
from runner.work import Params, Probe

BACKLOG = 1_024
READ_BYTES = 65_536


async def echo(connection: socket, buffer: memoryview) -> None:
    with connection, suppress(ConnectionError):
        while True:
            await scratch.wait_readable(connection)
            try:
                count = connection.recv_into(buffer)
            except BlockingIOError:
                continue  # the socket was not readable after all
            if not count:
                return
            try:
                sent = connection.send(buffer[:count])
            except BlockingIOError:
                sent = 0
            if sent < count:
                # A copy, because the other tasks use the buffer in the meantime.
                await send_all(connection, bytes(buffer[sent:count]))


async def send_all(connection: socket, data: bytes) -> None:
    """Send the rest when the socket is writable."""
    rest = memoryview(data)
    while rest:
        await scratch.wait_writable(connection)
        with suppress(BlockingIOError):
            rest = rest[connection.send(rest) :]


async def serve(listener: socket, group: scratch.TaskGroup) -> None:
    buffer = memoryview(bytearray(READ_BYTES))
    while True:
        await scratch.wait_readable(listener)
        with suppress(BlockingIOError):  # the client may have disconnected
            connection, _ = listener.accept()
            connection.settimeout(0)
            connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
            group.spawn(echo(connection, buffer))


async def run(params: Params, probe: Probe) -> int:
    open_files.raise_limit(params.connections)
    with create_server(("127.0.0.1", 0), backlog=BACKLOG) as listener:
        listener.settimeout(0)
        async with scratch.TaskGroup() as group:
            group.spawn(serve(listener, group))
            probe.listening(listener.getsockname()[1])
            await probe.stopped()
            group.cancel()
    return 0
