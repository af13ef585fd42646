"""One task per page in a task group, with httpx2."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2

from runner.work import Params, Probe


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[httpx2.AsyncClient]:
    pool = httpx2.Limits(max_connections=params.pages, keepalive_expiry=None)
    url = f"http://127.0.0.1:{params.port}"
    async with httpx2.AsyncClient(base_url=url, limits=pool) as client:
        yield client


async def run(params: Params, probe: Probe, client: httpx2.AsyncClient) -> int:
    async def fetch(page: int) -> int:
        response = await client.get(f"/{page}")
        return len(response.content)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(fetch(page)) for page in range(params.pages)]
    return sum(task.result() for task in tasks)
