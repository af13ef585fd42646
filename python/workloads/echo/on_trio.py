"""A task a connection: receive what there is, send it back."""

from functools import partial

import trio

from runner import descriptors
from runner.work import Params, Probe

BACKLOG = 1_024
READ = 262_144  # bytes, at most


async def echo(stream: trio.SocketStream) -> None:
    try:
        while data := await stream.receive_some(READ):
            await stream.send_all(data)
    except trio.BrokenResourceError:
        pass  # reset by the other side


async def run(params: Params, probe: Probe) -> int:
    descriptors.allow(params.connections)
    async with trio.open_nursery() as nursery:
        serve = partial(trio.serve_tcp, echo, 0, host="127.0.0.1", backlog=BACKLOG)
        listeners = await nursery.start(serve)
        probe.listening(listeners[0].socket.getsockname()[1])
        await probe.stopped()
        nursery.cancel_scope.cancel()
    return 0
