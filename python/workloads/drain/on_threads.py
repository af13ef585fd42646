"""http.server's ThreadingHTTPServer in the main thread, with a Python signal handler."""

import signal
import socket
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from runner.work import Params, Probe

BODY = b"Hello, World!\n"
POLL_S = 0.02  # how often serve_forever checks for a shutdown


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # buffer the response: do_GET's head and body are sent in one write

    def do_GET(self) -> None:
        time.sleep(self.server.wait_s)
        found = self.path == "/"
        body = BODY if found else b""
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        if self.server.is_draining:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 1024
    daemon_threads = False  # so that server_close() waits for the threads

    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s
        self.is_draining = False
        self.connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), Handler)

    def process_request(self, request: socket.socket, client_address: object) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        self.socket.close()
        self.is_draining = True
        for connection in self.connections.copy():
            with suppress(OSError):  # it may already be closed
                # A thread that waits for a request reads the end; one that responds can still send.
                connection.shutdown(socket.SHUT_RD)
        super().server_close()


def run(params: Params, probe: Probe) -> int:
    with Server(params.wait_ns / 1e9) as server:
        # shutdown() waits until serve_forever() has returned, so it needs a thread of its own.
        shutdown_thread = Thread(target=server.shutdown)
        previous = signal.signal(signal.SIGTERM, lambda *_: shutdown_thread.start())
        try:
            probe.listening(server.server_port)
            server.serve_forever(POLL_S)
            shutdown_thread.join()
        finally:
            signal.signal(signal.SIGTERM, previous)
    return 0
