"""A nursery of tasks; its cancel scope is cancelled."""

import time

import trio

from runner.work import Params, Probe
from workloads.cancel.moment import HOUR_S, seconds_before, spin_until


async def run(params: Params, probe: Probe) -> int:
    waiting = cleaned = 0
    all_wait = trio.Event()

    async def wait() -> None:
        nonlocal waiting, cleaned
        waiting += 1
        if waiting == params.tasks:
            all_wait.set()
        try:
            await trio.sleep(HOUR_S)
        finally:
            cleaned += 1

    moment_ns = time.perf_counter_ns() + params.lead_ns
    async with trio.open_nursery() as nursery:
        for _ in range(params.tasks):
            nursery.start_soon(wait)
        await trio.sleep(seconds_before(moment_ns))
        probe.observe_least("waiting", waiting - cleaned)
        await all_wait.wait()
        spin_until(moment_ns)
        nursery.cancel_scope.cancel()
    probe.observe_least("cleaned", cleaned)
    return cleaned
