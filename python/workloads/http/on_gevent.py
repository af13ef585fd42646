"""httptools over gevent's StreamServer, with one greenlet per connection."""

from contextlib import suppress

from gevent.pool import Pool
from gevent.server import StreamServer
from gevent.socket import IPPROTO_TCP, TCP_NODELAY, socket

from runner.work import Params, Probe
from workloads.http.httptools_parser import RequestParser
from workloads.http.response import response

READ_BYTES = 65_536


def serve(connection: socket, address: tuple[str, int]) -> None:
    connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    requests = RequestParser()
    with suppress(ConnectionError):  # the client has disconnected
        while not requests.is_over and (data := connection.recv(READ_BYTES)):
            for request in requests.feed(data):
                connection.sendall(response(request))


def run(params: Params, probe: Probe) -> int:
    server = StreamServer(("127.0.0.1", 0), serve, backlog=1024, spawn=Pool())
    server.start()
    probe.listening(server.server_port)
    probe.wait_until_stopped()
    server.stop(timeout=0)  # kills the greenlets of the pool
    return 0
