"""httptools on blocking sockets, with one thread per connection; a socket reports signals."""

import socket
import time

from runner.work import Params, Probe
from workloads.drain import sigterm
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
    with sigterm.signal_socket() as signals:
        server = Server(params.wait_ns / 1e9)
        probe.listening(server.address[1])
        sigterm.wait(signals)
        server.stop()
    return 0
