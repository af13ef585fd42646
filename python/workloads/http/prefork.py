"""Worker processes, each with a listening socket of its own on the same port (SO_REUSEPORT)."""

import os
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from runner.models import START_METHOD

MIN_WORKERS = 2

processes = get_context(START_METHOD)

RunWorker = Callable[[int, Connection], None]  # port, and where to send it once it is listened on


def bind(port: int = 0) -> socket.socket:
    """Return a socket that shares `port` with the other workers; 0 takes any free port."""
    # asyncio sets TCP_NODELAY only if the socket's protocol is TCP; the default protocol is 0.
    sock = socket.socket(proto=socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.bind(("127.0.0.1", port))
    return sock


def start_worker(run_worker: RunWorker, port: int) -> BaseProcess:
    """Start a worker; return when it is listening."""
    receiver, sender = processes.Pipe(duplex=False)
    worker = processes.Process(target=run_worker, args=(port, sender), daemon=True)
    worker.start()
    sender.close()
    receiver.recv()
    receiver.close()
    return worker


def count_processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def workers(run_worker: RunWorker) -> Iterator[tuple[int, list[BaseProcess]]]:
    """Yield the port and the workers, one per processor; at the end, wait until all have ended."""
    with bind() as reserved:  # it does not listen, so it gets no connections
        port = reserved.getsockname()[1]
        count = max(MIN_WORKERS, count_processors())
        started = [start_worker(run_worker, port) for _ in range(count)]
        yield port, started
        join(started)


def terminate(workers: Iterable[BaseProcess]) -> None:
    for worker in workers:
        worker.terminate()


def join(workers: Iterable[BaseProcess]) -> None:
    for worker in workers:
        worker.join()
