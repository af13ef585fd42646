"""uvicorn and a plain ASGI application, in the running event loop."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

from runner.work import Params, Probe

BODY = b"Hello, World!\n"
TEXT_PLAIN = (b"content-type", b"text/plain")
KEEP_ALIVE_S = 3_600  # longer than any trial: only the client closes connections


async def application(
    scope: dict[str, Any], receive: object, send: Callable[[dict[str, Any]], Awaitable[None]]
) -> None:
    found = scope["path"] == "/" and scope["method"] == "GET"
    body = BODY if found else b""
    headers = [TEXT_PLAIN, (b"content-length", b"%d" % len(body))]
    status = 200 if found else 404
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_listening.set()


async def run(params: Params, probe: Probe) -> int:
    config = uvicorn.Config(
        application,
        host="127.0.0.1",
        port=0,
        http="httptools",
        ws="none",
        loop="none",
        lifespan="off",
        backlog=1024,
        timeout_keep_alive=KEEP_ALIVE_S,
        log_config=None,
        log_level="critical",
        access_log=False,
    )
    server = Server(config)
    async with asyncio.TaskGroup() as group:
        group.create_task(server.serve())
        await server.is_listening.wait()
        probe.listening(server.servers[0].sockets[0].getsockname()[1])
        await probe.stopped()
        server.should_exit = True
    return 0
