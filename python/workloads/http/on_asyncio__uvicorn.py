"""uvicorn and a bare ASGI application, inside the loop that runs."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

from runner.work import Params, Probe

BODY = b"Hello, World!\n"
PLAIN = (b"content-type", b"text/plain")
LONG_S = 3_600  # connections are kept alive until the other side closes them


async def application(
    scope: dict[str, Any], receive: object, send: Callable[[dict[str, Any]], Awaitable[None]]
) -> None:
    found = scope["path"] == "/" and scope["method"] == "GET"
    body = BODY if found else b""
    headers = [PLAIN, (b"content-length", b"%d" % len(body))]
    status = 200 if found else 404
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()


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
        timeout_keep_alive=LONG_S,
        log_config=None,
        log_level="critical",
        access_log=False,
    )
    server = Server(config)
    async with asyncio.TaskGroup() as group:
        group.create_task(server.serve())
        await server.listens.wait()
        probe.listening(server.servers[0].sockets[0].getsockname()[1])
        await probe.stopped()
        server.should_exit = True
    return 0
