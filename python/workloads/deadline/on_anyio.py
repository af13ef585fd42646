"""Each operation runs in the block of an anyio.fail_after, on either backend."""

import time

import anyio

from runner.work import Params, Probe

EARLY_NS = 3_000_000  # some event loops round both the clock and the delay to milliseconds


async def run(params: Params, probe: Probe) -> int:
    landed = in_time = 0
    operations, span_ns = params.operations, params.span_ns
    ended: set[int] = set()

    async def operation(due_ns: int) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            ended.add(due_ns)

    async def limited(due_ns: int) -> None:
        nonlocal landed, in_time
        wait_ns = due_ns - time.perf_counter_ns()
        in_time += wait_ns > 0
        try:
            with anyio.fail_after(max(0, wait_ns) / 1e9):
                await operation(due_ns)
        except TimeoutError:
            late_ns = time.perf_counter_ns() - due_ns
            probe.latency(late_ns)
            landed += due_ns in ended and late_ns >= -EARLY_NS

    async with anyio.create_task_group() as group:
        first_ns = time.perf_counter_ns() + params.lead_ns
        for k in range(operations):
            due_ns = first_ns + k * 7_919 % operations * span_ns // operations
            group.start_soon(limited, due_ns)
    probe.observe_least("started_in_time", in_time)
    return landed
