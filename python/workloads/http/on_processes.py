"""uvicorn in worker processes, each with a listening socket on the same port (SO_REUSEPORT)."""

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
TEXT_PLAIN = (b"content-type", b"text/plain")
KEEP_ALIVE_S = 3_600  # longer than any trial: only the client closes connections
MIN_WORKERS = 2
PROCESSORS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


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
    def __init__(self, config: uvicorn.Config, ready: Connection) -> None:
        super().__init__(config)
        self.ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.send(None)


def bind(port: int = 0) -> socket.socket:
    """Return a socket that shares `port` with the other workers; 0 takes any free port."""
    # asyncio sets TCP_NODELAY only if the socket's protocol is TCP; the default protocol is 0.
    sock = socket.socket(proto=socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.bind(("127.0.0.1", port))
    return sock


def run_worker(port: int, ready: Connection) -> None:
    config = uvicorn.Config(
        application,
        http="httptools",
        ws="none",
        loop="asyncio",  # like the asyncio model, so that only the number of processes differs
        lifespan="off",
        backlog=1024,
        timeout_keep_alive=KEEP_ALIVE_S,
        log_config=None,
        log_level="critical",
        access_log=False,
    )
    Server(config, ready).run([bind(port)])


def start_worker(port: int) -> BaseProcess:
    """Start a worker; return when it is listening."""
    receiver, sender = processes.Pipe(duplex=False)
    worker = processes.Process(target=run_worker, args=(port, sender), daemon=True)
    worker.start()
    sender.close()
    receiver.recv()
    receiver.close()
    return worker


def run(params: Params, probe: Probe) -> int:
    with bind() as reserved:  # it does not listen, so it gets no connections
        port = reserved.getsockname()[1]
        workers = [start_worker(port) for _ in range(max(MIN_WORKERS, PROCESSORS or 1))]
        probe.listening(port)
        probe.wait_until_stopped()
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.join()
    return 0
