"""One task per connection receives data and sends it back, on either backend."""

import anyio
from anyio.abc import SocketAttribute, SocketStream

from runner import open_files
from runner.work import Params, Probe

BACKLOG = 1_024


async def echo(stream: SocketStream) -> None:
    async with stream:
        try:
            async for data in stream:
                await stream.send(data)
        except anyio.BrokenResourceError:
            pass  # the client reset the connection


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
