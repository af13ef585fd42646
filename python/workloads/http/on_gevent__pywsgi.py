"""A WSGI application in pywsgi, the HTTP server of gevent."""

from collections.abc import Callable, Iterable

from gevent.pool import Pool
from gevent.pywsgi import WSGIServer
from gevent.socket import IPPROTO_TCP, TCP_NODELAY, socket

from runner.work import Params, Probe
from workloads.http.response import BODY

Start = Callable[[str, list[tuple[str, str]]], object]
Application = Callable[[dict[str, object], Start], Iterable[bytes]]


def respond(
    environ: dict[str, object], start_response: Start, *further_headers: tuple[str, str]
) -> Iterable[bytes]:
    found = environ["PATH_INFO"] == "/" and environ["REQUEST_METHOD"] == "GET"
    body = BODY if found else b""
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))]
    start_response("200 OK" if found else "404 Not Found", [*headers, *further_headers])
    return [body]


class Server(WSGIServer):
    def handle(self, connection: socket, address: tuple[str, int]) -> None:
        connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        super().handle(connection, address)


def make_server(application: Application) -> Server:
    # The greenlets of a Pool end with the server; nothing is logged.
    return Server(
        ("127.0.0.1", 0), application, backlog=1024, spawn=Pool(), log=None, error_log=None
    )


def run(params: Params, probe: Probe) -> int:
    server = make_server(respond)
    server.start()
    probe.listening(server.server_port)
    probe.wait_until_stopped()
    server.stop(timeout=0)  # does not wait until clients have closed their connections
    return 0
