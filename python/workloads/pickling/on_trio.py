"""trio.to_thread, and a process behind it.

trio has no process pool, so it uses the one of the standard library: a worker thread waits for the
job and does nothing else.
"""

from collections.abc import AsyncIterator
from concurrent.futures import Executor
from contextlib import asynccontextmanager

import trio

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
        returned = await trio.to_thread.run_sync(send_back, *payload)
    else:
        job = pool.submit(send_back, *payload)
        returned = await trio.to_thread.run_sync(job.result)
    return payload.settle(returned, probe)
