"""httptools on blocking sockets, with one thread per connection; a handler in the main thread."""

import signal
import socket
import time
from queue import SimpleQueue

from runner.work import Params, Probe
from workloads.http import on_threads as http
from workloads.http.httptools_parser import RequestParser
from workloads.http.response import response


class Server(http.Server):
    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s
        super().__init__()

    def serve(self, connection: socket.socket) -> None:
        requests = RequestParser()
        is_last = False
        while not is_last and (data := connection.recv(http.READ_BYTES)):
            for request in requests.feed(data):
                time.sleep(self.wait_s)
                is_last = request.is_last or self.is_stopping
                connection.sendall(response(request, close=is_last))
                if is_last:
                    break


def run(params: Params, probe: Probe) -> int:
    # A signal handler may use a SimpleQueue; an Event could wait for the lock that it interrupts.
    terminated = SimpleQueue[None]()
    server = Server(params.wait_ns / 1e9)
    previous = signal.signal(signal.SIGTERM, lambda *_: terminated.put(None))
    try:
        probe.listening(server.address[1])
        terminated.get()
        server.stop()
    finally:
        signal.signal(signal.SIGTERM, previous)
    return 0
