"""hypercorn and a plain ASGI application."""

import socket
from functools import partial

import hypercorn
import trio
from hypercorn.trio import serve

from runner.work import Params, Probe
from workloads.http.asgi_response import Scope, Send, response

KEEP_ALIVE_S = 3_600  # longer than any trial: only the client closes connections
KEEP_ALIVE_REQUESTS = 1_000_000_000  # more than any trial sends


async def application(scope: Scope, receive: object, send: Send) -> None:
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])  # as ASGI requires; hypercorn tries a lifespan
    for message in response(scope):
        await send(message)


async def run(params: Params, probe: Probe) -> int:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
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
