"""One task per timer in a task group, on either backend."""

import time

import anyio

from runner.work import Params, Probe

EARLY_NS = 3_000_000  # some event loops round both the clock and the delay to milliseconds


async def run(params: Params, probe: Probe) -> int:
    fired = in_time = 0
    timers, span_ns = params.timers, params.span_ns

    async def timer(due_ns: int) -> None:
        nonlocal fired, in_time
        wait_ns = due_ns - time.perf_counter_ns()
        in_time += wait_ns > 0
        await anyio.sleep(max(0, wait_ns) / 1e9)
        late_ns = time.perf_counter_ns() - due_ns
        probe.latency(late_ns)
        fired += late_ns >= -EARLY_NS

    async with anyio.create_task_group() as group:
        first_ns = time.perf_counter_ns() + params.lead_ns
        for k in range(timers):
            due_ns = first_ns + k * 7_919 % timers * span_ns // timers
            group.start_soon(timer, due_ns)
    probe.observe_least("started_in_time", in_time)
    return fired
