"""A task group whose block fails: the group cancels its tasks and waits for them."""

import asyncio
import time

from runner.work import Params, Probe
from workloads.cancel.moment import HOUR_S, seconds_before, spin_until


class Stop(Exception):  # noqa: N818 - a signal to the group, not an error
    """Ends the block of the group, which then cancels its tasks."""


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
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(params.tasks):
                group.create_task(wait())
            await asyncio.sleep(seconds_before(moment_ns))
            probe.observe_least("waiting", waiting - cleaned)
            await all_wait.wait()
            spin_until(moment_ns)
            raise Stop
    except* Stop:
        pass
    probe.observe_least("cleaned", cleaned)
    return cleaned
