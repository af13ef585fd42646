"""h11 over trio's streams; SIGTERM cancels everything but the responses in progress."""

import signal
from contextlib import suppress
from functools import partial

import h11
import trio

from runner.work import Params, Probe
from workloads.http.h11_response import CONNECTION_CLOSE, response
from workloads.http.on_trio import receive_request
from workloads.http.response import BODY


async def serve(wait_s: float, server: trio.CancelScope, stream: trio.SocketStream) -> None:
    http = h11.Connection(h11.SERVER)
    with suppress(trio.BrokenResourceError):  # the client has disconnected
        try:
            while request := await receive_request(http, stream):
                found = request.target == b"/" and request.method == b"GET"
                with trio.CancelScope(shield=True):
                    await trio.sleep(wait_s)
                    headers = [CONNECTION_CLOSE] if server.cancel_called else []
                    status, body = (200, BODY) if found else (404, b"")
                    await stream.send_all(response(http, status, body, *headers))
                if http.our_state is h11.MUST_CLOSE:
                    return
                http.start_next_cycle()
        except h11.RemoteProtocolError as error:
            await stream.send_all(response(http, error.error_status_hint, b"", CONNECTION_CLOSE))


async def run(params: Params, probe: Probe) -> int:
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1", backlog=1024)
    with trio.open_signal_receiver(signal.SIGTERM) as signals:
        async with trio.open_nursery() as nursery:
            handler = partial(serve, params.wait_ns / 1e9, nursery.cancel_scope)
            nursery.start_soon(trio.serve_listeners, handler, listeners)
            probe.listening(listeners[0].socket.getsockname()[1])
            await anext(signals)
            nursery.cancel_scope.cancel()
    return 0
