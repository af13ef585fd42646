"""Worker processes that share a port; the kernel gives each connection to one of them.

Each worker serves its connections with a selector, like the workers of nginx. Rejected: threads in
the workers, because that would measure the threads model again.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector
from socket import IPPROTO_TCP, SO_REUSEPORT, SOL_SOCKET, TCP_NODELAY, socket

from runner import open_files
from runner.models import START_METHOD
from runner.work import Params, Probe

ADDRESS = "127.0.0.1"
BACKLOG = 1_024
READ_BYTES = 65_536

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


class Worker:
    """A selector that calls a method for each event, and one buffer for all connections."""

    def __init__(self, listener: socket, parent: Connection) -> None:
        self.is_stopping = False
        self.buffer = memoryview(bytearray(READ_BYTES))
        self.selector = DefaultSelector()
        self.selector.register(listener, EVENT_READ, self.accept)
        self.selector.register(parent, EVENT_READ, self.stop)

    def serve(self) -> None:
        select = self.selector.select
        while not self.is_stopping:
            for key, _ in select():
                key.data(key.fileobj)
        for key in tuple(self.selector.get_map().values()):
            self.close(key.fileobj)
        self.selector.close()

    def stop(self, _: Connection) -> None:
        self.is_stopping = True

    def accept(self, listener: socket) -> None:
        try:
            connection, _ = listener.accept()
        except BlockingIOError:
            return  # the client has disconnected
        connection.settimeout(0)
        connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        self.selector.register(connection, EVENT_READ, self.echo)

    def echo(self, connection: socket) -> None:
        try:
            count = connection.recv_into(self.buffer)
        except BlockingIOError:
            return  # the socket was not readable after all
        except ConnectionError:
            count = 0
        if count:
            self.send(self.buffer[:count], connection)
        else:
            self.close(connection)

    def send(self, data: memoryview, connection: socket) -> None:
        try:
            sent = connection.send(data)
        except BlockingIOError:
            sent = 0
        except ConnectionError:
            self.close(connection)
            return
        if sent < len(data):
            # Read nothing before the rest is sent. A copy, because others use the buffer meanwhile.
            rest = memoryview(bytes(data[sent:]))
            self.selector.modify(connection, EVENT_WRITE, partial(self.send_rest, rest))

    def send_rest(self, rest: memoryview, connection: socket) -> None:
        self.selector.modify(connection, EVENT_READ, self.echo)
        self.send(rest, connection)

    def close(self, connection: socket | Connection) -> None:
        self.selector.unregister(connection)
        connection.close()


def bind(port: int) -> socket:
    """Return a socket that shares `port` with the other workers; 0 takes any free port."""
    sock = socket()
    sock.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)
    sock.bind((ADDRESS, port))
    return sock


def run_worker(port: int, connections: int, parent: Connection) -> None:
    """Serve until the parent closes its end of the pipe."""
    open_files.raise_limit(connections)
    listener = bind(port)
    listener.listen(BACKLOG)
    listener.settimeout(0)
    worker = Worker(listener, parent)
    parent.send("listening")
    worker.serve()


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[int]:
    open_files.raise_limit(params.connections)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    # This socket reserves the port. It does not listen, so it gets no connections.
    with bind(0) as reserved, ExitStack() as stack:
        port = reserved.getsockname()[1]
        pipes = []
        for _ in range(max(2, cores or 1)):
            ours, theirs = processes.Pipe()
            process = processes.Process(target=run_worker, args=(port, params.connections, theirs))
            process.start()
            theirs.close()
            stack.callback(process.join)
            pipes.append(stack.enter_context(ours))  # closed before join(), which ends the worker
        for pipe in pipes:
            pipe.recv()
        yield port


def run(params: Params, probe: Probe, port: int) -> int:
    probe.listening(port)
    probe.wait_until_stopped()
    return 0
