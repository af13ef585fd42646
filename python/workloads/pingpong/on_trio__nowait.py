"""Two tasks and two memory channels with room for one value, filled by send_nowait."""

import trio

from runner.work import Params, Probe
from workloads.pingpong.turns import Turns


async def run(params: Params, probe: Probe) -> int:
    send_ping, receive_ping = trio.open_memory_channel[int](1)
    send_pong, receive_pong = trio.open_memory_channel[int](1)
    turns = Turns()
    value = 0

    async def ping() -> None:
        nonlocal value
        me = trio.lowlevel.current_task()
        async with send_ping, receive_pong:
            for _ in range(params.rounds):
                turns.last = me
                send_ping.send_nowait(value)
                value = await receive_pong.receive() + 1
                turns.switches += turns.last is not me

    async def pong() -> None:
        me = trio.lowlevel.current_task()
        async with receive_ping, send_pong:
            for _ in range(params.rounds):
                answer = await receive_ping.receive() + 1
                turns.last = me
                send_pong.send_nowait(answer)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ping)
        nursery.start_soon(pong)
    probe.observe_least("switches", turns.switches)
    return value
