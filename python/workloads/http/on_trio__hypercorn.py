"""hypercorn and a bare ASGI application."""

import socket
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import hypercorn
import trio
from hypercorn.trio import serve

from runner.work import Params, Probe

BODY = b"Hello, World!\n"
PLAIN = (b"content-type", b"text/plain")
LONG_S = 3_600  # connections are kept alive until the other side closes them
MANY = 1_000_000_000  # the same, by requests


async def application(
    scope: dict[str, Any], receive: object, send: Callable[[dict[str, Any]], Awaitable[None]]
) -> None:
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])  # as ASGI has it; hypercorn asks for a lifespan
    found = scope["path"] == "/" and scope["method"] == "GET"
    body = BODY if found else b""
    headers = [PLAIN, (b"content-length", b"%d" % len(body))]
    status = 200 if found else 404
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def run(params: Params, probe: Probe) -> int:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    # Connections inherit it; of a socket that it is handed, hypercorn sets nothing.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    config = hypercorn.Config()
    config.bind = [f"fd://{listener.detach()}"]  # hypercorn closes it
    config.backlog = 1024
    config.keep_alive_timeout = LONG_S
    config.keep_alive_max_requests = MANY
    config.errorlog = None
    async with trio.open_nursery() as nursery:
        await nursery.start(partial(serve, application, config, shutdown_trigger=probe.stopped))
        probe.listening(port)
    return 0
