"""uvicorn in worker processes, each with a listening socket on the same port (SO_REUSEPORT)."""

import os
import socket
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from runner.models import START_METHOD
from runner.work import Params, Probe
from workloads.http.asgi_response import Scope, Send, response
from workloads.http.uvicorn_server import Application, Server, configure

MIN_WORKERS = 2
PROCESSORS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


async def application(scope: Scope, receive: object, send: Send) -> None:
    for message in response(scope):
        await send(message)


def bind(port: int = 0) -> socket.socket:
    """Return a socket that shares `port` with the other workers; 0 takes any free port."""
    # asyncio sets TCP_NODELAY only if the socket's protocol is TCP; the default protocol is 0.
    sock = socket.socket(proto=socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.bind(("127.0.0.1", port))
    return sock


def run_worker(port: int, ready: Connection, application: Application = application) -> None:
    # The loop is that of the asyncio model, so that only the number of processes differs.
    server = Server(configure(application, loop="asyncio"), ready.send)
    server.run([bind(port)])


def start_worker(run_worker: Callable[[int, Connection], None], port: int) -> BaseProcess:
    """Start a worker; return when it is listening."""
    receiver, sender = processes.Pipe(duplex=False)
    worker = processes.Process(target=run_worker, args=(port, sender), daemon=True)
    worker.start()
    sender.close()
    receiver.recv()
    receiver.close()
    return worker


def start_workers(run_worker: Callable[[int, Connection], None], port: int) -> list[BaseProcess]:
    return [start_worker(run_worker, port) for _ in range(max(MIN_WORKERS, PROCESSORS or 1))]


def run(params: Params, probe: Probe) -> int:
    with bind() as reserved:  # it does not listen, so it gets no connections
        port = reserved.getsockname()[1]
        workers = start_workers(run_worker, port)
        probe.listening(port)
        probe.wait_until_stopped()
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.join()
    return 0
