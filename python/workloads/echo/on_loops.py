"""Streams on several loops that share a port; the kernel gives each connection to one of them."""

import asyncio
import os
from asyncio import AbstractEventLoop
from collections.abc import Iterator
from contextlib import contextmanager
from socket import SO_REUSEPORT, SOL_SOCKET, socket

from runner import open_files
from runner.loops import run_on_each, running
from runner.work import Params, Probe
from workloads.echo.on_asyncio import BACKLOG, echo

ADDRESS = "127.0.0.1"
Prepared = tuple[list[AbstractEventLoop], int]


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Prepared]:
    open_files.raise_limit(params.connections)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    # This socket reserves the port. It does not listen, so it gets no connections.
    with socket() as reserved, running(max(2, cores or 1)) as loops:
        reserved.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)
        reserved.bind((ADDRESS, 0))
        yield loops, reserved.getsockname()[1]


def run(params: Params, probe: Probe, prepared: Prepared) -> int:
    loops, port = prepared
    connections: list[set[asyncio.Task[None]]] = [set() for _ in loops]

    async def serve(loop: int) -> asyncio.Server:
        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection = asyncio.create_task(echo(reader, writer))
            connections[loop].add(connection)
            connection.add_done_callback(connections[loop].discard)

        return await asyncio.start_server(
            connected, ADDRESS, port, backlog=BACKLOG, reuse_port=True
        )

    async def stop(loop: int) -> None:
        servers[loop].close()
        for connection in connections[loop]:
            connection.cancel()
        await asyncio.gather(*connections[loop], return_exceptions=True)
        await servers[loop].wait_closed()

    servers = run_on_each(loops, serve)
    probe.listening(port)
    probe.wait_until_stopped()
    run_on_each(loops, stop)
    return 0
