"""h11 over trio's streams, with one task per connection."""

from contextlib import suppress

import h11
import trio

from runner.work import Params, Probe
from workloads.http.h11_response import CONNECTION_CLOSE, response
from workloads.http.response import BODY

READ_BYTES = 65_536


async def serve(stream: trio.SocketStream) -> None:
    http = h11.Connection(h11.SERVER)
    with suppress(trio.BrokenResourceError):  # the client has disconnected
        try:
            while request := await receive_request(http, stream):
                found = request.target == b"/" and request.method == b"GET"
                await stream.send_all(response(http, 200 if found else 404, BODY if found else b""))
                if http.our_state is h11.MUST_CLOSE:
                    return
                http.start_next_cycle()
        except h11.RemoteProtocolError as error:
            await stream.send_all(response(http, error.error_status_hint, b"", CONNECTION_CLOSE))


async def receive_request(http: h11.Connection, stream: trio.SocketStream) -> h11.Request | None:
    """Return the next complete request, or None when the client has closed the connection."""
    request = None
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            http.receive_data(await stream.receive_some(READ_BYTES))
        elif isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.EndOfMessage):
            return request
        elif isinstance(event, h11.ConnectionClosed):
            return None


async def run(params: Params, probe: Probe) -> int:
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1", backlog=1024)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, serve, listeners)
        probe.listening(listeners[0].socket.getsockname()[1])
        await probe.stopped()
        nursery.cancel_scope.cancel()
    return 0
