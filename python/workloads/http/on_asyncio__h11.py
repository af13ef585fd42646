"""h11 over asyncio's streams, with one task per connection."""

import asyncio

import h11

from runner.work import Params, Probe
from workloads.http import on_asyncio
from workloads.http.h11_response import CONNECTION_CLOSE, response
from workloads.http.on_asyncio import READ_BYTES, closing
from workloads.http.response import BODY


class Server(on_asyncio.Server):
    """Serves as the plain implementation does, with another parser."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        http = h11.Connection(h11.SERVER)
        async with closing(writer):
            try:
                while request := await receive_request(http, reader):
                    found = request.target == b"/" and request.method == b"GET"
                    writer.write(response(http, 200 if found else 404, BODY if found else b""))
                    await writer.drain()
                    if http.our_state is h11.MUST_CLOSE:
                        return
                    http.start_next_cycle()
            except h11.RemoteProtocolError as error:
                writer.write(response(http, error.error_status_hint, b"", CONNECTION_CLOSE))
                await writer.drain()


async def receive_request(http: h11.Connection, reader: asyncio.StreamReader) -> h11.Request | None:
    """Return the next complete request, or None when the client has closed the connection."""
    request = None
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            http.receive_data(await reader.read(READ_BYTES))
        elif isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.EndOfMessage):
            return request
        elif isinstance(event, h11.ConnectionClosed):
            return None


async def run(params: Params, probe: Probe) -> int:
    await Server().run(probe.listening, probe.stopped)
    return 0
