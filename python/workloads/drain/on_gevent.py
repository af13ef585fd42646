"""httptools over a StreamServer of gevent; SIGTERM ends reading, and responses are finished."""

import signal
from contextlib import suppress

import gevent
import httptools
from gevent.event import Event
from gevent.pool import Pool
from gevent.server import StreamServer
from gevent.socket import IPPROTO_TCP, SHUT_RD, TCP_NODELAY, socket

from runner.work import Params, Probe
from workloads.http.httptools_parser import RequestParser
from workloads.http.response import BODY, RESPONSE

READ_BYTES = 65_536


class Requests(RequestParser):
    """Parses the data of a client; `pending` has status and body of each response to send."""

    def __init__(self) -> None:
        super().__init__()
        self.is_last = False
        self.pending: list[tuple[bytes, bytes]] = []

    def feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.is_last = True  # data after the request are ignored
        except httptools.HttpParserError:
            self.pending.append((b"400 Bad Request", b""))
            self.is_last = True

    def on_message_complete(self) -> None:
        if self.is_last:
            return
        self.is_last = not self.parser.should_keep_alive()
        found = self.url == b"/" and self.parser.get_method() == b"GET"
        self.pending.append((b"200 OK", BODY) if found else (b"404 Not Found", b""))


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
        requests = Requests()
        self.connections.add(connection)
        with suppress(ConnectionError):  # the client has disconnected
            while not requests.is_last and (data := connection.recv(READ_BYTES)):
                requests.feed(data)
                self.respond(connection, requests)
        self.connections.discard(connection)

    def respond(self, connection: socket, requests: Requests) -> None:
        while requests.pending:
            gevent.sleep(self.wait_s)
            status, body = requests.pending.pop(0)
            requests.is_last = requests.is_last or self.is_draining
            close = requests.is_last and not requests.pending
            further_headers = b"Connection: close\r\n" if close else b""
            connection.sendall(RESPONSE % (status, len(body), further_headers, body))

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
