"""One task per page in a task group, with aiohttp."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from runner.work import Params, Probe


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[aiohttp.ClientSession]:
    pool = aiohttp.TCPConnector(limit=params.pages, keepalive_timeout=3_600)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{params.port}", connector=pool) as client:
        yield client


async def run(params: Params, probe: Probe, client: aiohttp.ClientSession) -> int:
    async def fetch(page: int) -> int:
        async with client.get(f"/{page}") as response:
            return len(await response.read())

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(fetch(page)) for page in range(params.pages)]
    return sum(task.result() for task in tasks)
