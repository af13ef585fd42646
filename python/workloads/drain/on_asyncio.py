"""httptools over asyncio's streams, with one task per connection; the loop's signal handler."""

import asyncio
import signal
import socket
from collections.abc import Callable
from contextlib import suppress

from runner.work import Params, Probe
from workloads.http import on_asyncio as http
from workloads.http.httptools_parser import RequestParser
from workloads.http.response import response


class Server(http.Server):
    def __init__(self, wait_s: float) -> None:
        super().__init__()
        self.wait_s = wait_s
        self.is_draining = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests = RequestParser()
        is_last = False
        async with http.closing(writer):
            while not is_last and (data := await reader.read(http.READ_BYTES)):
                for request in requests.feed(data):
                    await asyncio.sleep(self.wait_s)
                    is_last = request.is_last or self.is_draining
                    writer.write(response(request, close=is_last))
                    await writer.drain()
                    if is_last:
                        break

    def end_connections(self) -> None:
        self.is_draining = True
        for writer in self.connections.values():
            end_reading(writer)


def end_reading(writer: asyncio.StreamWriter) -> None:
    """Let a task that waits for a request read the end; one that responds can still send.

    Rejected: cancelling tasks that wait, because one may just have received a request.
    """
    if writer.is_closing():
        return
    descriptor = writer.get_extra_info("socket").fileno()
    # A copy, because the sockets of uvloop have no shutdown().
    with (
        suppress(OSError),  # the client has disconnected
        socket.fromfd(descriptor, socket.AF_INET, socket.SOCK_STREAM) as copy,
    ):
        copy.shutdown(socket.SHUT_RD)


async def serve_until_terminated(
    wait_s: float, listening: Callable[[int], object], port: int = 0
) -> None:
    loop = asyncio.get_running_loop()
    terminated = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, terminated.set)
    try:
        await Server(wait_s).run(listening, terminated.wait, port)
    finally:
        loop.remove_signal_handler(signal.SIGTERM)


async def run(params: Params, probe: Probe) -> int:
    await serve_until_terminated(params.wait_ns / 1e9, probe.listening)
    return 0
