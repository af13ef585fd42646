"""httptools over trio's streams; SIGTERM cancels everything but the responses in progress."""

import signal
from contextlib import suppress
from functools import partial

import trio

from runner.work import Params, Probe
from workloads.http.httptools_parser import RequestParser
from workloads.http.response import response


async def serve(wait_s: float, server: trio.CancelScope, stream: trio.SocketStream) -> None:
    requests = RequestParser()
    is_last = False
    with suppress(trio.BrokenResourceError):  # the client has disconnected
        while not is_last and (data := await stream.receive_some()):
            with trio.CancelScope(shield=True):
                for request in requests.feed(data):
                    await trio.sleep(wait_s)
                    is_last = request.is_last or server.cancel_called
                    await stream.send_all(response(request, close=is_last))
                    if is_last:
                        break


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
