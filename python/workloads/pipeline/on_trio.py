"""Tasks and memory channels with a buffer."""

from itertools import pairwise

import trio
from trio import MemoryReceiveChannel, MemorySendChannel

from runner.work import Params, Probe


async def run(params: Params, probe: Probe) -> int:
    channels = [trio.open_memory_channel[int](params.capacity) for _ in range(params.stages + 1)]
    total = received = 0

    async def produce(output: MemorySendChannel[int]) -> None:
        async with output:
            for value in range(params.items):
                await output.send(value)
            probe.observe_least("overlapped", received)

    async def pass_on(source: MemoryReceiveChannel[int], output: MemorySendChannel[int]) -> None:
        async with source, output:
            async for value in source:
                await output.send(value + 1)

    async def consume(source: MemoryReceiveChannel[int]) -> None:
        nonlocal total, received
        async with source:
            async for value in source:
                total += received * value
                received += 1

    async with trio.open_nursery() as nursery:
        nursery.start_soon(produce, channels[0][0])
        for (_, source), (output, _) in pairwise(channels):
            nursery.start_soon(pass_on, source, output)
        nursery.start_soon(consume, channels[-1][1])
    return total
