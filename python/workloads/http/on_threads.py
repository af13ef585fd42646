"""httptools on blocking sockets, with one thread per connection."""

import socket
from contextlib import suppress
from threading import Thread, current_thread

from runner.work import Params, Probe
from workloads.http.httptools_parser import RequestParser
from workloads.http.response import response

READ_BYTES = 65_536


class Server:
    """Accepts connections in one thread, and serves each in a thread of its own."""

    def __init__(self) -> None:
        self.is_stopping = False
        self.connections: dict[Thread, socket.socket] = {}
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.address = self.listener.getsockname()
        self.accept_thread = Thread(target=self.accept)
        self.accept_thread.start()

    def accept(self) -> None:
        with self.listener:
            while True:
                connection, _ = self.listener.accept()
                if self.is_stopping:
                    connection.close()
                    return
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                thread = Thread(target=self.run_connection, args=(connection,))
                self.connections[thread] = connection
                thread.start()

    def run_connection(self, connection: socket.socket) -> None:
        with connection, suppress(ConnectionError):  # the client has disconnected
            self.serve(connection)
        self.connections.pop(current_thread())

    def serve(self, connection: socket.socket) -> None:
        requests = RequestParser()
        while not requests.is_over and (data := connection.recv(READ_BYTES)):
            for request in requests.feed(data):
                connection.sendall(response(request))

    def stop(self) -> None:
        """Accept no more connections; end those that wait for a request, and join the threads."""
        self.is_stopping = True
        # No other way to end a blocking accept() works on every system.
        with suppress(ConnectionError):  # a client has ended it by connecting
            socket.create_connection(self.address).close()
        self.accept_thread.join()
        connections = self.connections.copy()
        for connection in connections.values():
            with suppress(OSError):  # it may already be closed
                # A thread that waits for a request reads the end; one that responds can still send.
                connection.shutdown(socket.SHUT_RD)
        for thread in connections:
            thread.join()


def run(params: Params, probe: Probe) -> int:
    server = Server()
    probe.listening(server.address[1])
    probe.wait_until_stopped()
    server.stop()
    return 0
