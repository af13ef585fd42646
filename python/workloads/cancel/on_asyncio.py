"""Each task is cancelled, and all are gathered."""

import asyncio
import time

from runner.work import Params, Probe
from workloads.cancel.moment import HOUR_S, seconds_before, spin_until


async def run(params: Params, probe: Probe) -> int:
    waiting = cleaned = 0
    all_wait = asyncio.Event()

    async def wait() -> None:
        nonlocal waiting, cleaned
        waiting += 1
        if waiting == params.tasks:
            all_wait.set()
        try:
            await asyncio.sleep(HOUR_S)
        finally:
            cleaned += 1

    moment_ns = time.perf_counter_ns() + params.lead_ns
    tasks = [asyncio.create_task(wait()) for _ in range(params.tasks)]
    await asyncio.sleep(seconds_before(moment_ns))
    probe.observe_least("waiting", waiting - cleaned)
    await all_wait.wait()
    spin_until(moment_ns)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    probe.observe_least("cleaned", cleaned)
    return cleaned
