"""httptools over a StreamServer of gevent, with one greenlet per connection."""

from contextlib import suppress

import httptools
from gevent.pool import Pool
from gevent.server import StreamServer
from gevent.socket import IPPROTO_TCP, TCP_NODELAY, socket

from runner.work import Params, Probe
from workloads.http.httptools_parser import RequestParser
from workloads.http.response import BAD_REQUEST, BODY, RESPONSE

READ_BYTES = 65_536


class Responder(RequestParser):
    """Parses the data of a client, and makes the responses to the requests that are complete."""

    def __init__(self) -> None:
        super().__init__()
        self.is_last = False
        self.responses: list[bytes] = []

    def respond_to(self, data: bytes) -> bytes:
        self.responses.clear()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.is_last = True  # it is answered; data after it are another protocol
        except httptools.HttpParserError:
            if not self.is_last:
                self.responses.append(BAD_REQUEST)
                self.is_last = True
        return b"".join(self.responses)

    def on_message_complete(self) -> None:
        if self.is_last:
            return
        self.is_last = not self.parser.should_keep_alive()
        found = self.url == b"/" and self.parser.get_method() == b"GET"
        body = BODY if found else b""
        self.responses.append(
            RESPONSE
            % (
                b"200 OK" if found else b"404 Not Found",
                len(body),
                b"Connection: close\r\n" if self.is_last else b"",
                body,
            )
        )


def serve(connection: socket, address: tuple[str, int]) -> None:
    connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    responder = Responder()
    with suppress(ConnectionError):  # the client has disconnected
        while not responder.is_last and (data := connection.recv(READ_BYTES)):
            connection.sendall(responder.respond_to(data))


def run(params: Params, probe: Probe) -> int:
    server = StreamServer(("127.0.0.1", 0), serve, backlog=1024, spawn=Pool())
    server.start()
    probe.listening(server.server_port)
    probe.wait_until_stopped()
    server.stop(timeout=0)  # kills the greenlets of the pool
    return 0
