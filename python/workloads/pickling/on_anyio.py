"""anyio.to_process, which pickles through pipes of its own, or anyio.to_thread."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import to_process, to_thread

from runner.work import Params, Probe
from workloads.pickling.payload import Payload, here, make, send_back


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[Payload]:
    if params.text("to") == "process":
        await to_process.run_sync(here)  # anyio keeps this process
    yield make(params)


async def run(params: Params, probe: Probe, payload: Payload) -> int:
    if params.text("to") == "process":
        returned = await to_process.run_sync(send_back, *payload)
    else:
        returned = await to_thread.run_sync(send_back, *payload)
    return payload.settle(returned, probe)
