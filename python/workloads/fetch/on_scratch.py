"""One task per page in a task group, with the least client that is still HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from runner import scratch
from runner.work import Params, Probe
from workloads.fetch.httptools_client import Client, open_client


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[Client]:
    with open_client(params.port) as client:
        yield client


async def run(params: Params, probe: Probe, client: Client) -> int:
    async def fetch(page: int) -> int:
        response = await client.get(f"/{page}")
        return len(response.body)

    async with scratch.TaskGroup() as group:
        tasks = [group.spawn(fetch(page)) for page in range(params.pages)]
    return sum(task.outcome() for task in tasks)
