"""One task per page in a nursery, with httpx2."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import trio

from runner.work import Params, Probe


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[httpx2.AsyncClient]:
    pool = httpx2.Limits(max_connections=params.pages, keepalive_expiry=None)
    url = f"http://127.0.0.1:{params.port}"
    async with httpx2.AsyncClient(base_url=url, limits=pool) as client:
        yield client


async def run(params: Params, probe: Probe, client: httpx2.AsyncClient) -> int:
    total = 0

    async def fetch(page: int) -> None:
        nonlocal total
        response = await client.get(f"/{page}")
        total += len(response.content)

    async with trio.open_nursery() as nursery:
        for page in range(params.pages):
            nursery.start_soon(fetch, page)
    return total
