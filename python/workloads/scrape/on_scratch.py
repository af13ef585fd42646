"""One task per page in a task group; a channel with a place for each request limits them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from runner import scratch
from runner.work import Params, Probe
from workloads.fetch.httptools_client import Client, open_client
from workloads.scrape.lxml_links import ROOT, find_links


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[Client]:
    with open_client(params.port) as client:
        yield client


async def run(params: Params, probe: Probe, client: Client) -> int:
    places: scratch.Channel[None] = scratch.Channel(params.workers)
    seen = {ROOT}
    links = failed = 0

    async def visit(path: str) -> None:
        nonlocal links, failed
        await places.send(None)
        response = await client.get(path)
        await places.receive()
        if response.status != HTTPStatus.OK:
            failed += 1
            return
        found = find_links(bytes(response.body))
        links += len(found)
        for link in found:
            if link not in seen:
                seen.add(link)
                group.spawn(visit(link))

    async with scratch.TaskGroup() as group:
        group.spawn(visit(ROOT))
    probe.observe("failed", failed)
    return links
