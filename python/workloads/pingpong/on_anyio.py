"""Two tasks and two memory object streams without a buffer, on either backend."""

import anyio

from runner.work import Params, Probe


async def run(params: Params, probe: Probe) -> int:
    there_in, there_out = anyio.create_memory_object_stream[int](0)
    back_in, back_out = anyio.create_memory_object_stream[int](0)
    value = 0

    async def ping() -> None:
        nonlocal value
        async with there_in, back_out:
            for _ in range(params.rounds):
                await there_in.send(value)
                value = await back_out.receive() + 1

    async def pong() -> None:
        async with there_out, back_in:
            for _ in range(params.rounds):
                await back_in.send(await there_out.receive() + 1)

    async with anyio.create_task_group() as group:
        group.start_soon(ping)
        group.start_soon(pong)
    return value
