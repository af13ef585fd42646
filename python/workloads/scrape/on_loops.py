"""Tasks on several loops, each with a client of aiohttp, whose pool limits how many fetch."""

import asyncio
import os
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from http import HTTPStatus
from itertools import cycle

import aiohttp

from runner.loops import run_on_each, running
from runner.work import Params, Probe
from workloads.scrape.crawl import Links, Submit, crawl
from workloads.scrape.lxml_links import find_links


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Submit]:
    async def open_client(first: int) -> aiohttp.ClientSession:
        share = len(range(first, params.workers, len(loops)))
        pool = aiohttp.TCPConnector(limit=share, keepalive_timeout=3_600)
        return aiohttp.ClientSession(f"http://127.0.0.1:{params.port}", connector=pool)

    async def visit(client: aiohttp.ClientSession, path: str) -> Links:
        async with client.get(path) as response:
            page = await response.read()
        return find_links(page) if response.status == HTTPStatus.OK else None

    async def close_client(loop: int) -> None:
        await clients[loop].close()

    def submit(path: str) -> Future[Links]:
        loop = next(turns)
        return asyncio.run_coroutine_threadsafe(visit(clients[loop], path), loops[loop])

    with running(min(params.workers, os.cpu_count() or 1)) as loops:
        clients = run_on_each(loops, open_client)
        turns = cycle(range(len(loops)))
        try:
            yield submit
        finally:
            run_on_each(loops, close_client)


def run(params: Params, probe: Probe, submit: Submit) -> int:
    return crawl(submit, probe)
