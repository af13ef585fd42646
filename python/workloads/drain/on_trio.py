"""h11 over trio's streams; SIGTERM cancels all but what is shielded: answers on their way."""

import signal
from contextlib import suppress
from functools import partial

import h11
import trio

from runner.work import Params, Probe

BODY = b"Hello, World!\n"
PLAIN = (b"Content-Type", b"text/plain")
CLOSE = (b"Connection", b"close")
READ_BYTES = 65_536


async def serve(wait_s: float, server: trio.CancelScope, stream: trio.SocketStream) -> None:
    http = h11.Connection(h11.SERVER)
    with suppress(trio.BrokenResourceError):  # the client is gone
        try:
            while request := await receive(http, stream):
                found = request.target == b"/" and request.method == b"GET"
                with trio.CancelScope(shield=True):
                    await trio.sleep(wait_s)
                    headers = [CLOSE] if server.cancel_called else []
                    status, body = (200, BODY) if found else (404, b"")
                    await stream.send_all(answer(http, status, body, *headers))
                if http.our_state is h11.MUST_CLOSE:
                    return
                http.start_next_cycle()
        except h11.RemoteProtocolError as error:
            await stream.send_all(answer(http, error.error_status_hint, b"", CLOSE))


async def receive(http: h11.Connection, stream: trio.SocketStream) -> h11.Request | None:
    """Return the next request once all of it is there, or None at the end."""
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


def answer(http: h11.Connection, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> bytes:
    length = (b"Content-Length", b"%d" % len(body))
    return b"".join(
        (
            http.send(h11.Response(status_code=status, headers=[PLAIN, length, *headers])),
            http.send(h11.Data(data=body)),
            http.send(h11.EndOfMessage()),
        )
    )


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
