"""http.server's ThreadingHTTPServer, a thread a connection."""

import socket
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from runner.work import Params, Probe

BODY = b"Hello, World!\n"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body in one write, after the method below has returned

    def do_GET(self) -> None:
        found = self.path == "/"
        body = BODY if found else b""
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 1024
    daemon_threads = False  # then server_close() waits for them

    def __init__(self) -> None:
        self.connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), Handler)

    def process_request(self, request: socket.socket, client_address: object) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        for connection in self.connections.copy():
            with suppress(OSError):  # closed meanwhile
                connection.shutdown(socket.SHUT_RD)  # its thread reads the end
        super().server_close()


def run(params: Params, probe: Probe) -> int:
    with Server() as server:
        serving = Thread(target=server.serve_forever)
        serving.start()
        probe.listening(server.server_port)
        probe.wait_until_stopped()
        server.shutdown()
        serving.join()
    return 0
