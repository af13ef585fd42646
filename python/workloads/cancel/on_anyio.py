"""A task group, on either backend; its cancel scope is cancelled."""

import time

import anyio

from runner.work import Params, Probe
from workloads.cancel.moment import HOUR_S, seconds_before, spin_until


async def run(params: Params, probe: Probe) -> int:
    waiting = cleaned = 0
    all_wait = anyio.Event()

    async def wait() -> None:
        nonlocal waiting, cleaned
        waiting += 1
        if waiting == params.tasks:
            all_wait.set()
        try:
            await anyio.sleep(HOUR_S)
        finally:
            cleaned += 1

    moment_ns = time.perf_counter_ns() + params.lead_ns
    async with anyio.create_task_group() as group:
        for _ in range(params.tasks):
            group.start_soon(wait)
        await anyio.sleep(seconds_before(moment_ns))
        probe.observe_least("waiting", waiting - cleaned)
        await all_wait.wait()
        spin_until(moment_ns)
        group.cancel_scope.cancel()
    probe.observe_least("cleaned", cleaned)
    return cleaned
