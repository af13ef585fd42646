"""uvicorn's workers: a process each, a listening socket each, on one port (SO_REUSEPORT)."""

import os
import socket
from collections.abc import Awaitable, Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

import uvicorn

from runner.models import START_METHOD
from runner.work import Params, Probe

BODY = b"Hello, World!\n"
PLAIN = (b"content-type", b"text/plain")
LONG_S = 3_600  # connections are kept alive until the other side closes them
LEAST = 2  # workers, also on one processor
PROCESSORS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


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
    def __init__(self, config: uvicorn.Config, ready: Connection) -> None:
        super().__init__(config)
        self.ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.send(None)


def reserve(port: int = 0) -> socket.socket:
    """Take a port, or a further share of it; connections come to those who also listen."""
    # asyncio sets TCP_NODELAY only where it sees the protocol, and a socket's default is 0.
    sock = socket.socket(proto=socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.bind(("127.0.0.1", port))
    return sock


def work(port: int, ready: Connection) -> None:
    config = uvicorn.Config(
        application,
        http="httptools",
        ws="none",
        loop="asyncio",  # as in the model asyncio, so that processes are the only difference
        lifespan="off",
        backlog=1024,
        timeout_keep_alive=LONG_S,
        log_config=None,
        log_level="critical",
        access_log=False,
    )
    Server(config, ready).run([reserve(port)])


def start(port: int) -> BaseProcess:
    """Start a worker, and return when it listens."""
    here, there = processes.Pipe(duplex=False)
    worker = processes.Process(target=work, args=(port, there), daemon=True)
    worker.start()
    there.close()
    here.recv()
    here.close()
    return worker


def run(params: Params, probe: Probe) -> int:
    with reserve() as sock:
        port = sock.getsockname()[1]
        workers = [start(port) for _ in range(max(LEAST, PROCESSORS or 1))]
        probe.listening(port)
        probe.wait_until_stopped()
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.join()
    return 0
