"""h11 over anyio's streams, with one task per connection, on either backend."""

from contextlib import suppress

import anyio
import h11
from anyio.abc import SocketAttribute, SocketStream

from runner.work import Params, Probe
from workloads.http.h11_response import CONNECTION_CLOSE, response
from workloads.http.response import BODY

READ_BYTES = 65_536


async def serve(stream: SocketStream) -> None:
    http = h11.Connection(h11.SERVER)
    with suppress(anyio.BrokenResourceError):  # the client has disconnected
        async with stream:
            try:
                while request := await receive_request(http, stream):
                    found = request.target == b"/" and request.method == b"GET"
                    await stream.send(response(http, 200 if found else 404, BODY if found else b""))
                    if http.our_state is h11.MUST_CLOSE:
                        return
                    http.start_next_cycle()
            except h11.RemoteProtocolError as error:
                await stream.send(response(http, error.error_status_hint, b"", CONNECTION_CLOSE))


async def receive_request(http: h11.Connection, stream: SocketStream) -> h11.Request | None:
    """Return the next complete request, or None when the client has closed the connection."""
    request = None
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            try:
                http.receive_data(await stream.receive(READ_BYTES))
            except anyio.EndOfStream:
                http.receive_data(b"")
        elif isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.EndOfMessage):
            return request
        elif isinstance(event, h11.ConnectionClosed):
            return None


async def run(params: Params, probe: Probe) -> int:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0, backlog=1024)
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, serve, group)
        probe.listening(listener.extra(SocketAttribute.local_port))
        await probe.stopped()
        group.cancel_scope.cancel()
    return 0
