"""Two tasks and two memory object streams with room for one value, filled by send_nowait."""

import anyio

from runner.work import Params, Probe


async def run(params: Params, probe: Probe) -> int:
    send_ping, receive_ping = anyio.create_memory_object_stream[int](1)
    send_pong, receive_pong = anyio.create_memory_object_stream[int](1)
    value = 0

    async def ping() -> None:
        nonlocal value
        async with send_ping, receive_pong:
            for _ in range(params.rounds):
                send_ping.send_nowait(value)
                value = await receive_pong.receive() + 1

    async def pong() -> None:
        async with receive_ping, send_pong:
            for _ in range(params.rounds):
                send_pong.send_nowait(await receive_ping.receive() + 1)

    async with anyio.create_task_group() as group:
        group.start_soon(ping)
        group.start_soon(pong)
    return value
