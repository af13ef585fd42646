"""h11 over anyio's streams; SIGTERM cancels everything but the responses in progress."""

import signal
from contextlib import suppress
from functools import partial

import anyio
import h11
from anyio.abc import SocketAttribute, SocketStream

from runner.work import Params, Probe
from workloads.http.h11_response import CONNECTION_CLOSE, response
from workloads.http.on_anyio import receive_request
from workloads.http.response import BODY


async def serve(wait_s: float, server: anyio.CancelScope, stream: SocketStream) -> None:
    http = h11.Connection(h11.SERVER)
    with suppress(anyio.BrokenResourceError):  # the client has disconnected
        async with stream:
            try:
                while request := await receive_request(http, stream):
                    found = request.target == b"/" and request.method == b"GET"
                    with anyio.CancelScope(shield=True):
                        await anyio.sleep(wait_s)
                        headers = [CONNECTION_CLOSE] if server.cancel_called else []
                        status, body = (200, BODY) if found else (404, b"")
                        await stream.send(response(http, status, body, *headers))
                    if http.our_state is h11.MUST_CLOSE:
                        return
                    http.start_next_cycle()
            except h11.RemoteProtocolError as error:
                await stream.send(response(http, error.error_status_hint, b"", CONNECTION_CLOSE))


async def run(params: Params, probe: Probe) -> int:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0, backlog=1024)
    with anyio.open_signal_receiver(signal.SIGTERM) as signals:
        async with anyio.create_task_group() as group:

            async def listen() -> None:
                handler = partial(serve, params.wait_ns / 1e9, group.cancel_scope)
                async with listener:  # closed at SIGTERM, before the last response
                    await listener.serve(handler, group)

            group.start_soon(listen)
            probe.listening(listener.extra(SocketAttribute.local_port))
            await anext(signals)
            group.cancel_scope.cancel()
    return 0
