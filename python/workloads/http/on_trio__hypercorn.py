"""hypercorn and a plain ASGI application."""

import socket
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import hypercorn
import trio
from hypercorn.trio import serve

from runner.work import Params, Probe

BODY = b"Hello, World!\n"
TEXT_PLAIN = (b"content-type", b"text/plain")
KEEP_ALIVE_S = 3_600  # longer than any trial: only the client closes connections
KEEP_ALIVE_REQUESTS = 1_000_000_000  # more than any trial sends


async def application(
    scope: dict[str, Any], receive: object, send: Callable[[dict[str, Any]], Awaitable[None]]
) -> None:
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])  # as ASGI requires; hypercorn tries a lifespan
    found = scope["path"] == "/" and scope["method"] == "GET"
    body = BODY if found else b""
    headers = [TEXT_PLAIN, (b"content-length", b"%d" % len(body))]
    status = 200 if found else 404
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def run(params: Params, probe: Probe) -> int:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    # Connections inherit this option. hypercorn sets no option of a socket that it is given.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    config = hypercorn.Config()
    config.bind = [f"fd://{listener.detach()}"]  # hypercorn closes it
    config.backlog = 1024
    config.keep_alive_timeout = KEEP_ALIVE_S
    config.keep_alive_max_requests = KEEP_ALIVE_REQUESTS
    config.errorlog = None
    async with trio.open_nursery() as nursery:
        await nursery.start(partial(serve, application, config, shutdown_trigger=probe.stopped))
        probe.listening(port)
    return 0
