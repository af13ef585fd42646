"""Tasks and memory object streams with a buffer, on either backend."""

from itertools import pairwise

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from runner.work import Params, Probe


async def run(params: Params, probe: Probe) -> int:
    streams = [
        anyio.create_memory_object_stream[int](params.capacity) for _ in range(params.stages + 1)
    ]
    total = received = 0

    async def produce(output: MemoryObjectSendStream[int]) -> None:
        async with output:
            for value in range(params.items):
                await output.send(value)
            probe.observe_least("overlapped", received)

    async def pass_on(
        source: MemoryObjectReceiveStream[int], output: MemoryObjectSendStream[int]
    ) -> None:
        async with source, output:
            async for value in source:
                await output.send(value + 1)

    async def consume(source: MemoryObjectReceiveStream[int]) -> None:
        nonlocal total, received
        async with source:
            async for value in source:
                total += received * value
                received += 1

    async with anyio.create_task_group() as group:
        group.start_soon(produce, streams[0][0])
        for (_, source), (output, _) in pairwise(streams):
            group.start_soon(pass_on, source, output)
        group.start_soon(consume, streams[-1][1])
    return total
