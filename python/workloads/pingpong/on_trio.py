"""Two tasks and two memory channels without a buffer: each send meets its receive."""

import trio

from runner.work import Params, Probe


async def run(params: Params, probe: Probe) -> int:
    there_in, there_out = trio.open_memory_channel[int](0)
    back_in, back_out = trio.open_memory_channel[int](0)
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

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ping)
        nursery.start_soon(pong)
    return value
