"""httptools over trio's streams, with one task per connection."""

from contextlib import suppress

import trio

from runner.work import Params, Probe
from workloads.http.httptools_parser import RequestParser
from workloads.http.response import response


async def serve(stream: trio.SocketStream) -> None:
    requests = RequestParser()
    with suppress(trio.BrokenResourceError):  # the client has disconnected
        while not requests.is_over and (data := await stream.receive_some()):
            for request in requests.feed(data):
                await stream.send_all(response(request))


async def run(params: Params, probe: Probe) -> int:
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1", backlog=1024)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, serve, listeners)
        probe.listening(listeners[0].socket.getsockname()[1])
        await probe.stopped()
        nursery.cancel_scope.cancel()
    return 0
