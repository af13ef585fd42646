"""httptools over gevent's StreamServer; one greenlet per connection, gevent's signal handler."""

import signal
from contextlib import suppress

import gevent
from gevent.event import Event
from gevent.pool import Pool
from gevent.server import StreamServer
from gevent.socket import IPPROTO_TCP, SHUT_RD, TCP_NODELAY, socket

from runner.work import Params, Probe
from workloads.http.httptools_parser import RequestParser
from workloads.http.on_gevent import READ_BYTES
from workloads.http.response import response


class Server:
    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s
        self.is_draining = False
        self.connections: set[socket] = set()
        self.greenlets = Pool()
        self.listener = StreamServer(
            ("127.0.0.1", 0), self.serve, backlog=1024, spawn=self.greenlets
        )

    def serve(self, connection: socket, address: tuple[str, int]) -> None:
        connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        self.connections.add(connection)
        requests = RequestParser()
        is_last = False
        with suppress(ConnectionError):  # the client has disconnected
            while not is_last and (data := connection.recv(READ_BYTES)):
                for request in requests.feed(data):
                    gevent.sleep(self.wait_s)
                    is_last = request.is_last or self.is_draining
                    connection.sendall(response(request, close=is_last))
                    if is_last:
                        break
        self.connections.discard(connection)

    def drain(self) -> None:
        self.is_draining = True
        self.listener.close()
        for connection in self.connections:
            # A greenlet that waits for a request reads the end; one that responds can still send.
            # Rejected: shutdown() of the connection itself, which makes a greenlet that waits fail,
            # though it may just have received a request.
            with suppress(OSError), connection.dup() as copy:  # the client has disconnected
                copy.shutdown(SHUT_RD)
        self.greenlets.join()


def run(params: Params, probe: Probe) -> int:
    terminated = Event()
    server = Server(params.wait_ns / 1e9)
    handler = gevent.signal_handler(signal.SIGTERM, terminated.set)
    try:
        server.listener.start()
        probe.listening(server.listener.server_port)
        terminated.wait()
        server.drain()
    finally:
        handler.cancel()
    return 0
