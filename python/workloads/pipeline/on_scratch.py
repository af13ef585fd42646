"""Tasks and channels with a buffer."""

from itertools import pairwise

from runner import scratch
from runner.work import Params, Probe


async def run(params: Params, probe: Probe) -> int:
    channels = [scratch.Channel[int](params.capacity) for _ in range(params.stages + 1)]
    total = received = 0

    async def produce(output: scratch.Channel[int]) -> None:
        for value in range(params.items):
            await output.send(value)
        probe.observe_least("overlapped", received)
        output.close()

    async def pass_on(source: scratch.Channel[int], output: scratch.Channel[int]) -> None:
        async for value in source:
            await output.send(value + 1)
        output.close()

    async def consume(source: scratch.Channel[int]) -> None:
        nonlocal total, received
        async for value in source:
            total += received * value
            received += 1

    async with scratch.TaskGroup() as group:
        group.spawn(produce(channels[0]))
        for source, output in pairwise(channels):
            group.spawn(pass_on(source, output))
        group.spawn(consume(channels[-1]))
    return total
