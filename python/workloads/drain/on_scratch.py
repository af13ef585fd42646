"""httptools on non-blocking sockets, with one task per connection; a socket reports signals."""

import signal
import socket
from contextlib import suppress

from runner import scratch
from runner.work import Params, Probe
from workloads.drain.sigterm import signal_socket
from workloads.http.httptools_parser import RequestParser
from workloads.http.on_scratch import accept, receive, send
from workloads.http.response import response


class Server:
    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s
        self.is_draining = False
        self.connections: set[socket.socket] = set()

    async def listen(self, listener: socket.socket, group: scratch.TaskGroup) -> None:
        while True:
            connection = await accept(listener)
            self.connections.add(connection)
            group.spawn(self.serve(connection))

    async def serve(self, connection: socket.socket) -> None:
        requests = RequestParser()
        is_last = False
        with connection, suppress(ConnectionError):  # the client has disconnected
            while not is_last and (data := await receive(connection)):
                for request in requests.feed(data):
                    await scratch.sleep(self.wait_s)
                    is_last = request.is_last or self.is_draining
                    await send(connection, response(request, close=is_last))
                    if is_last:
                        break
        self.connections.discard(connection)

    def drain(self) -> None:
        self.is_draining = True
        for connection in self.connections:
            with suppress(OSError):  # the client has disconnected
                # A task that waits for a request reads the end; one that responds can still send.
                connection.shutdown(socket.SHUT_RD)


async def run(params: Params, probe: Probe) -> int:
    server = Server(params.wait_ns / 1e9)
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    listener.setblocking(False)
    with signal_socket() as signals:
        signals.setblocking(False)
        async with scratch.TaskGroup() as group:
            with listener:
                listen_task = group.spawn(server.listen(listener, group))
                probe.listening(listener.getsockname()[1])
                while signal.SIGTERM not in await receive(signals):
                    pass
                listen_task.cancel()
            server.drain()
    return 0
