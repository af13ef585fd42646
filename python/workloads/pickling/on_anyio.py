"""anyio.to_process, which pickles through pipes of its own, or anyio.to_thread."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from anyio import to_process, to_thread

from runner.proof import Place
from runner.work import Params, Probe
from workloads.pickling.payload import Payload, make, send_back, warm_allocator

Prepared = tuple[Payload, Callable[..., Awaitable[tuple[bytes, int, Place]]]]


@asynccontextmanager
async def prepare(params: Params, probe: Probe) -> AsyncIterator[Prepared]:
    if params.text("to") == "process":
        await to_process.run_sync(warm_allocator)  # anyio keeps this process
        yield make(params), to_process.run_sync
    else:
        yield make(params), to_thread.run_sync


async def run(params: Params, probe: Probe, prepared: Prepared) -> int:
    payload, run_sync = prepared
    return payload.settle(await run_sync(send_back, *payload), probe)
