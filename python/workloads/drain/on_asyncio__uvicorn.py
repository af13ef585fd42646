"""uvicorn, which handles SIGTERM itself, and a plain ASGI application."""

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

from runner.work import Params, Probe

BODY = b"Hello, World!\n"
TEXT_PLAIN = (b"content-type", b"text/plain")
KEEP_ALIVE_S = 3_600  # longer than any trial: only the client closes connections


class Application:
    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: object,
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        await asyncio.sleep(self.wait_s)
        found = scope["path"] == "/" and scope["method"] == "GET"
        body = BODY if found else b""
        headers = [TEXT_PLAIN, (b"content-length", b"%d" % len(body))]
        status = 200 if found else 404
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, report_port: Callable[[int], None]) -> None:
        super().__init__(config)
        self.report_port = report_port

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.report_port(self.servers[0].sockets[0].getsockname()[1])


async def run(params: Params, probe: Probe) -> int:
    config = uvicorn.Config(
        Application(params.wait_ns / 1e9),
        host="127.0.0.1",
        port=0,
        http="httptools",
        ws="none",
        loop="none",
        lifespan="off",
        interface="asgi3",
        backlog=1024,
        timeout_keep_alive=KEEP_ALIVE_S,
        log_config=None,
        log_level="critical",
        access_log=False,
    )
    # After draining, uvicorn raises the signal again for the previous handler.
    previous = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        await Server(config, probe.listening).serve()
    finally:
        signal.signal(signal.SIGTERM, previous)
    return 0
