"""A task group that is cancelled; its block ends when its tasks have ended."""

import time

from runner import scratch
from runner.work import Params, Probe
from workloads.cancel.moment import HOUR_S, seconds_before, spin_until


async def run(params: Params, probe: Probe) -> int:
    waiting = cleaned = 0

    async def wait() -> None:
        nonlocal waiting, cleaned
        waiting += 1
        try:
            await scratch.sleep(HOUR_S)
        finally:
            cleaned += 1

    moment_ns = time.perf_counter_ns() + params.lead_ns
    async with scratch.TaskGroup() as group:
        for _ in range(params.tasks):
            group.spawn(wait())
        await scratch.sleep(seconds_before(moment_ns))
        probe.observe_least("waiting", waiting - cleaned)
        while waiting < params.tasks:  # only if they start too late to count
            await scratch.checkpoint()
        spin_until(moment_ns)
        group.cancel()
    probe.observe_least("cleaned", cleaned)
    return cleaned
