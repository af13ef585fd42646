"""Pre-forked workers that share the port; the kernel hands each connection to one of them.

Each serves its connections with a selector, as the workers of nginx do: threads in them would be
the model of threads once more.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector
from socket import IPPROTO_TCP, SO_REUSEPORT, SOL_SOCKET, TCP_NODELAY, socket

from runner import descriptors
from runner.models import START_METHOD
from runner.work import Params, Probe

ADDRESS = "127.0.0.1"
BACKLOG = 1_024
READ = 262_144  # bytes, at most

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


class Worker:
    """A selector whose registrations hold what is to be called, and one buffer for all."""

    def __init__(self, listener: socket, parent: Connection) -> None:
        self.is_stopping = False
        self.buffer = memoryview(bytearray(READ))
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
            return  # who knocked has gone
        connection.settimeout(0)
        connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        self.selector.register(connection, EVENT_READ, self.echo)

    def echo(self, connection: socket) -> None:
        try:
            count = connection.recv_into(self.buffer)
        except BlockingIOError:
            return  # nothing was there after all
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
            # Nothing is read before the rest is sent; a copy, for meanwhile others use the buffer.
            rest = memoryview(bytes(data[sent:]))
            self.selector.modify(connection, EVENT_WRITE, partial(self.send_rest, rest))

    def send_rest(self, rest: memoryview, connection: socket) -> None:
        self.selector.modify(connection, EVENT_READ, self.echo)
        self.send(rest, connection)

    def close(self, connection: socket | Connection) -> None:
        self.selector.unregister(connection)
        connection.close()


def listen(port: int) -> socket:
    """Take the port, which sockets with this option share; 0: any that is free."""
    listener = socket()
    listener.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)
    listener.bind((ADDRESS, port))
    return listener


def work(port: int, connections: int, parent: Connection) -> None:
    """Serve until the parent closes its end of the pipe."""
    descriptors.allow(connections)
    listener = listen(port)
    listener.listen(BACKLOG)
    listener.settimeout(0)
    worker = Worker(listener, parent)
    parent.send("listening")
    worker.serve()


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[int]:
    descriptors.allow(params.connections)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    # This socket keeps the port and does not listen, so that no connection is handed to it.
    with listen(0) as keeper, ExitStack() as stack:
        port = keeper.getsockname()[1]
        workers = []
        for _ in range(max(2, cores or 1)):
            here, there = processes.Pipe()
            process = processes.Process(target=work, args=(port, params.connections, there))
            process.start()
            there.close()
            stack.callback(process.join)
            workers.append(stack.enter_context(here))  # closed before it is joined
        for worker in workers:
            worker.recv()
        yield port


def run(params: Params, probe: Probe, port: int) -> int:
    probe.listening(port)
    probe.wait_until_stopped()
    return 0
