"""Two tasks and two memory object streams with room for one value, filled by send_nowait."""

import anyio

from runner.work import Params, Probe
from workloads.pingpong.turns import Turns


async def run(params: Params, probe: Probe) -> int:
    send_ping, receive_ping = anyio.create_memory_object_stream[int](1)
    send_pong, receive_pong = anyio.create_memory_object_stream[int](1)
    turns = Turns()
    value = 0

    async def ping() -> None:
        nonlocal value
        me = anyio.get_current_task().id
        async with send_ping, receive_pong:
            for _ in range(params.rounds):
                turns.last = me
                send_ping.send_nowait(value)
                value = await receive_pong.receive() + 1
                turns.switches += turns.last != me

    async def pong() -> None:
        me = anyio.get_current_task().id
        async with receive_ping, send_pong:
            for _ in range(params.rounds):
                answer = await receive_ping.receive() + 1
                turns.last = me
                send_pong.send_nowait(answer)

    async with anyio.create_task_group() as group:
        group.start_soon(ping)
        group.start_soon(pong)
    probe.observe_least("switches", turns.switches)
    return value
