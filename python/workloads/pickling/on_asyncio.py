"""run_in_executor with a process pool, or to_thread."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from contextlib import asynccontextmanager

from runner.work import Params, Probe
from workloads.pickling.payload import Payload, make, process_pool, send_back

Prepared = tuple[Payload, Executor | None]


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[Prepared]:
    with process_pool(params) as pool:
        yield make(params), pool


async def run(params: Params, probe: Probe, prepared: Prepared) -> int:
    payload, pool = prepared
    if pool is None:
        returned = await asyncio.to_thread(send_back, *payload)
    else:
        loop = asyncio.get_running_loop()
        returned = await loop.run_in_executor(pool, send_back, *payload)
    return payload.settle(returned, probe)
