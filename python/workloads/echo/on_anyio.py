"""A task a connection, on either backend: receive what there is, send it back."""

import anyio
from anyio.abc import SocketAttribute, SocketStream

from runner import descriptors
from runner.work import Params, Probe

BACKLOG = 1_024
READ = 262_144  # bytes, at most


async def echo(stream: SocketStream) -> None:
    async with stream:
        try:
            while True:
                await stream.send(await stream.receive(READ))
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            pass  # closed or reset by the other side


async def run(params: Params, probe: Probe) -> int:
    descriptors.allow(params.connections)
    listener = await anyio.create_tcp_listener(
        local_host="127.0.0.1", local_port=0, backlog=BACKLOG
    )
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, echo)
        probe.listening(listener.extra(SocketAttribute.local_port))
        await probe.stopped()
        group.cancel_scope.cancel()
    return 0
