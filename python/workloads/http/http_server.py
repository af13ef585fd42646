"""http.server's ThreadingHTTPServer, with the options that the rules ask for."""

import socket
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from workloads.http.response import BODY


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # buffer the response: its head and body are sent in one write

    def do_GET(self) -> None:
        self.respond()

    def respond(self, *headers: tuple[str, str]) -> None:
        found = self.path == "/"
        body = BODY if found else b""
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 1024
    daemon_threads = False  # so that server_close() waits for the threads

    def __init__(self, handler: type[Handler] = Handler) -> None:
        self.connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), handler)

    def process_request(self, request: socket.socket, client_address: object) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        for connection in self.connections.copy():
            with suppress(OSError):  # it may already be closed
                # A thread that waits for a request reads the end; one that responds can still send.
                connection.shutdown(socket.SHUT_RD)
        super().server_close()
