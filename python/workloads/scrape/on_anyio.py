"""One task per page in a task group, with httpx2; a limiter says how many fetch."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

import anyio
import httpx2

from runner.work import Params, Probe
from workloads.scrape.lxml_links import ROOT, find_links


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[httpx2.AsyncClient]:
    pool = httpx2.Limits(max_connections=params.workers, keepalive_expiry=None)
    url = f"http://127.0.0.1:{params.port}"
    async with httpx2.AsyncClient(base_url=url, limits=pool) as client:
        yield client


async def run(params: Params, probe: Probe, client: httpx2.AsyncClient) -> int:
    limit = anyio.CapacityLimiter(params.workers)
    seen = {ROOT}
    links = failed = 0

    async def visit(path: str) -> None:
        nonlocal links, failed
        async with limit:
            response = await client.get(path)
        if response.status_code != HTTPStatus.OK:
            failed += 1
            return
        found = find_links(response.content)
        links += len(found)
        for link in found:
            if link not in seen:
                seen.add(link)
                group.start_soon(visit, link)

    async with anyio.create_task_group() as group:
        group.start_soon(visit, ROOT)
    probe.observe("failed", failed)
    return links
