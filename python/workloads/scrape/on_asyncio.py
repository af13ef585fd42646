"""One task per page in a task group, with aiohttp; a semaphore limits how many fetch."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

import aiohttp

from runner.work import Params, Probe
from workloads.scrape.lxml_links import ROOT, find_links


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[aiohttp.ClientSession]:
    pool = aiohttp.TCPConnector(limit=params.workers, keepalive_timeout=3_600)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{params.port}", connector=pool) as client:
        yield client


async def run(params: Params, probe: Probe, client: aiohttp.ClientSession) -> int:
    limit = asyncio.Semaphore(params.workers)
    seen = {ROOT}
    links = failed = 0

    async def visit(path: str) -> None:
        nonlocal links, failed
        async with limit, client.get(path) as response:
            page = await response.read()
        if response.status != HTTPStatus.OK:
            failed += 1
            return
        found = find_links(page)
        links += len(found)
        for link in found:
            if link not in seen:
                seen.add(link)
                group.create_task(visit(link))

    async with asyncio.TaskGroup() as group:
        group.create_task(visit(ROOT))
    probe.observe("failed", failed)
    return links
