"""One task per page on several loops, one per core; each loop has a client of aiohttp."""

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp

from runner.loops import run_on_each, running
from runner.work import Params, Probe

Prepared = tuple[list[AbstractEventLoop], list[aiohttp.ClientSession]]


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Prepared]:
    async def open_client(first: int) -> aiohttp.ClientSession:
        share = max(1, len(range(first, params.pages, len(loops))))
        pool = aiohttp.TCPConnector(limit=share, keepalive_timeout=3_600)
        return aiohttp.ClientSession(f"http://127.0.0.1:{params.port}", connector=pool)

    async def close_client(loop: int) -> None:
        await clients[loop].close()

    with running() as loops:
        clients = run_on_each(loops, open_client)
        try:
            yield loops, clients
        finally:
            run_on_each(loops, close_client)


def run(params: Params, probe: Probe, prepared: Prepared) -> int:
    loops, clients = prepared

    async def fetch(client: aiohttp.ClientSession, page: int) -> int:
        async with client.get(f"/{page}") as response:
            return len(await response.read())

    async def fetch_share(first: int) -> int:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(fetch(clients[first], page))
                for page in range(first, params.pages, len(loops))
            ]
        return sum(task.result() for task in tasks)

    return sum(run_on_each(loops, fetch_share))
