"""httptools over anyio's streams, with one task per connection, on either backend."""

import anyio
from anyio.abc import SocketAttribute, SocketStream

from runner.work import Params, Probe
from workloads.http.httptools_parser import RequestParser
from workloads.http.response import response


async def serve(stream: SocketStream) -> None:
    requests = RequestParser()
    async with stream:
        try:
            while not requests.is_over:
                for request in requests.feed(await stream.receive()):
                    await stream.send(response(request))
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            pass  # the client has closed or reset the connection


async def run(params: Params, probe: Probe) -> int:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0, backlog=1024)
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, serve, group)
        probe.listening(listener.extra(SocketAttribute.local_port))
        await probe.stopped()
        group.cancel_scope.cancel()
    return 0
