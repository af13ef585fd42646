"""One task per connection receives data and sends it back, on either backend."""

import anyio
from anyio.abc import SocketAttribute, SocketStream

from runner import open_files
from runner.work import Params, Probe

BACKLOG = 1_024
READ_BYTES = 262_144


async def echo(stream: SocketStream) -> None:
    async with stream:
        try:
            while True:
                await stream.send(await stream.receive(READ_BYTES))
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            pass  # the client closed or reset the connection


async def run(params: Params, probe: Probe) -> int:
    open_files.raise_limit(params.connections)
    listener = await anyio.create_tcp_listener(
        local_host="127.0.0.1", local_port=0, backlog=BACKLOG
    )
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, echo)
        probe.listening(listener.extra(SocketAttribute.local_port))
        await probe.stopped()
        group.cancel_scope.cancel()
    return 0
