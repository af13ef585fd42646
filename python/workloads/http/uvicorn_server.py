"""uvicorn's configuration, and a server that reports when it is listening."""

import socket
from collections.abc import Awaitable, Callable

import uvicorn

from workloads.http.asgi_response import Scope, Send

KEEP_ALIVE_S = 3_600  # longer than any trial: only the client closes connections

Application = Callable[[Scope, object, Send], Awaitable[None]]


def configure(application: Application, loop: str) -> uvicorn.Config:
    """Return a configuration; `loop` is uvicorn's name of an event loop, or none to use ours."""
    return uvicorn.Config(
        application,
        host="127.0.0.1",
        port=0,
        http="httptools",
        ws="none",
        loop=loop,
        lifespan="off",
        backlog=1024,
        timeout_keep_alive=KEEP_ALIVE_S,
        log_config=None,
        log_level="critical",
        access_log=False,
    )


class Server(uvicorn.Server):
    """Calls `report_port` once it is listening."""

    def __init__(self, config: uvicorn.Config, report_port: Callable[[int], object]) -> None:
        super().__init__(config)
        self.report_port = report_port

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.report_port(self.servers[0].sockets[0].getsockname()[1])
