"""One task per connection receives data and sends it back."""

from functools import partial

import trio

from runner import open_files
from runner.work import Params, Probe

BACKLOG = 1_024


async def echo(stream: trio.SocketStream) -> None:
    try:
        async for data in stream:
            await stream.send_all(data)
    except trio.BrokenResourceError:
        pass  # the client reset the connection


async def run(params: Params, probe: Probe) -> int:
    open_files.raise_limit(params.connections)
    async with trio.open_nursery() as nursery:
        serve = partial(trio.serve_tcp, echo, 0, host="127.0.0.1", backlog=BACKLOG)
        listeners = await nursery.start(serve)
        probe.listening(listeners[0].socket.getsockname()[1])
        await probe.stopped()
        nursery.cancel_scope.cancel()
    return 0
