"""httptools over anyio's streams; SIGTERM cancels everything but the responses in progress."""

import signal
from functools import partial

import anyio
from anyio.abc import SocketAttribute, SocketStream

from runner.work import Params, Probe
from workloads.http.httptools_parser import RequestParser
from workloads.http.response import response


async def serve(wait_s: float, server: anyio.CancelScope, stream: SocketStream) -> None:
    requests = RequestParser()
    is_last = False
    async with stream:
        try:
            while not is_last:
                data = await stream.receive()
                with anyio.CancelScope(shield=True):
                    for request in requests.feed(data):
                        await anyio.sleep(wait_s)
                        is_last = request.is_last or server.cancel_called
                        await stream.send(response(request, close=is_last))
                        if is_last:
                            break
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            pass  # the client has closed or reset the connection


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
